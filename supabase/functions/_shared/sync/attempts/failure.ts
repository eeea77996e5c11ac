import type { RecordResult } from "../../zoho/records.ts";

/** A record that Zoho refuses as a link target because it was merged or deleted there. */
export interface RefusedLink {
  zoho_type: "Accounts" | "Contacts" | "Products";
  zoho_id: string;
}

/** Why a record, or a record that it links to, was not written. */
export type Failure = Extract<RecordResult, { ok: false }> & {
  /** Not caused by the record: its module is held for this long, and `message` is our own. */
  heldForSeconds?: number;
  /** Link targets that no longer exist in Zoho. */
  refusedLinks?: RefusedLink[];
};

/** A refusal of our own, in the form of Zoho's. */
export function failure(
  code: string,
  field: string | null = null,
  duplicateId: string | null = null,
): Failure {
  return { ok: false, code, field, message: code, duplicateId };
}
