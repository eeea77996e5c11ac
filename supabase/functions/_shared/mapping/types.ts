/** What owns a record in Zoho; these words and all others are in docs/glossary.md. */
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
