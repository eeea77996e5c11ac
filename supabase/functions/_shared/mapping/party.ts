import type { Customer } from "./contact.ts";
import type { Fields } from "./types.ts";

/** The customer and company of an entity, as zoho_sync.parties returns them with every source. */
export interface Party {
  customer: Customer | null;
  internal_test: boolean;
  /** Under which key the company's Account is remembered in zoho_accounts. */
  account_key: string | null;
  account_id: string | null;
  contact: LinkedContact | null;
  /** What a person answered when it was asked which Contact the customer has. */
  contact_answer: ContactAnswer | null;
  /** The Contact was merged into another customer's, and no person has requested a new one. */
  contact_merged: boolean;
  /**
   * The customer's own change, which creates and updates the Contact: it has failed and `waits`, and until then nothing else
   * tries; or customers are switched `off` and have none.
   */
  customer_change: "free" | "waits" | "off";
}

export interface LinkedContact {
  zoho_id: string;
  snapshot: Fields;
  /** A dry run has counted its making; it is not there. */
  is_planned?: boolean | undefined;
  /** Records point to it, and nothing of it is read or written: an operator unlinked it, or the person was erased. */
  is_unlinked?: boolean | undefined;
}

/** The Contacts that were shown, and the one that was chosen of them. */
export interface ContactAnswer {
  choice: string;
  chosen_id: string | null;
  candidates: readonly { id: string; name: string }[];
}
