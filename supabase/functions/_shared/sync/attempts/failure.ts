import type { RecordResult } from "../../zoho/records.ts";

/** A record that Zoho lets nothing point to: it was merged or deleted there. */
export interface RefusedLink {
  zoho_type: "Accounts" | "Contacts" | "Products";
  zoho_id: string;
}

/** Why a record, or something that it points to, was not written. */
export type Failure = Extract<RecordResult, { ok: false }> & {
  /** It is not the record's fault: its module rests for so long. `message` is our own then. */
  heldForSeconds?: number;
  /** What it points to and Zoho does not have any more. */
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
