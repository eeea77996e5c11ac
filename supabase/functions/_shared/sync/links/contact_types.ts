import type { Customer } from "../../mapping/contact.ts";
import type { Fields } from "../../mapping/types.ts";
import type { Failure } from "../attempts/failure.ts";
import type { PartFailures } from "../attempts/write_types.ts";
import type { AskedQuestion } from "../claim/change.ts";
import type { Person } from "./look_at_contacts.ts";

export interface ContactLink {
  circletel_type: "customer";
  circletel_id: string;
  zoho_type: "Contacts";
  zoho_id: string;
  fields: Fields;
  modified_at: string | null;
}

export interface Contacts {
  /** Zoho id by customer id. */
  ids: Map<string, string>;
  /** What was learned about Contacts, by customer id. */
  links: Map<string, ContactLink>;
  /** Customers whose Contact a person has to choose; their records go without one until then. */
  asked: Map<string, AskedQuestion>;
  /** Customers whose Contact was merged into another customer's; their records stay with that one. */
  merged: Set<string>;
  /** Why a customer has no Contact, by customer id. */
  failures: Map<string, Failure>;
  parts: PartFailures;
  /** Contacts that are not in Zoho any more. */
  gone: { zoho_type: "Contacts"; zoho_id: string }[];
  /** A fault of a whole call; null when there was none. What was learned before it is kept. */
  fault: unknown;
}

export type Customers = (Person & { customer: Customer })[];
/** A customer whose Contact exists, and the field values it is known to have. */
export interface HeldContact {
  person: Customers[number];
  zohoId: string;
  fields: Fields;
}
