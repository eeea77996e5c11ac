/**
 * The words of this project, the same in tables, code and documents:
 *
 * - entity: a CircleTel row that owns a Zoho record (quote, contract, customer, invoice)
 * - record: its counterpart in Zoho (a contract's is a Deal, a customer's a Contact)
 * - projection: the field values Zoho should hold for an entity now, a pure function of database rows
 * - snapshot: the field values Zoho last confirmed, kept on the mapping
 * - diff: projection minus snapshot; empty means that nothing is sent
 * - change: a queue row saying "this entity's record may be stale"
 * - drain: one invocation that works the queue until it is empty or its budget is spent
 * - attempt: one try at one change, with its row in zoho_sync_logs
 * - dead letter: a change that no retry will mend; it waits for a person
 */
export const entityTypes = ["quote", "contract", "customer", "invoice"] as const;
export type EntityType = typeof entityTypes[number];

/** A Zoho field value: text, number, date text, or a lookup by id. */
export type FieldValue = string | number | boolean | null | { id: string };

/** Field values by Zoho api_name; line items as one text, see lines.ts. */
export type Fields = Record<string, FieldValue>;

/** Fields as a call sends them: line items as rows. */
export type SentFields = Record<string, FieldValue | SentRow[]>;

/** A line item as it is sent; the empty list is of its taxes. */
export type SentRow = Record<string, FieldValue | []>;

export const contractStatuses = [
  "draft",
  "pending_signature",
  "partially_signed",
  "fully_signed",
  "active",
  "expired",
  "terminated",
] as const;
export type ContractStatus = typeof contractStatuses[number];

/** Ids of the records that another one points to; those of Products by their code. */
export interface RecordLinks {
  accountId: string | null;
  contactId: string | null;
  productIds: ReadonlyMap<string, string>;
}
