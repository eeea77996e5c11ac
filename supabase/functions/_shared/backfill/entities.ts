import type { BulkColumn } from "../zoho/bulk.ts";
import type { Module } from "../zoho/records.ts";

export interface BackfillEntity {
  /** Zoho's name of the module that holds the records. */
  module: Module;
  /** The unique field by which a bulk job finds a record; null where bulk write has no such module (Quotes, Invoices). */
  bulkKey: string | null;
}

/** What can be backfilled. Another kind of entity is a line here and one in zoho_sync.backfill_entities. */
export const backfillEntities = {
  contract: { module: "Deals", bulkKey: "Contract_Number" },
  quote: { module: "Quotes", bulkKey: null },
  // Contacts are written on the way to everything that names them, in calls of 100.
  customer: { module: "Contacts", bulkKey: null },
  invoice: { module: "Invoices", bulkKey: null },
} satisfies Record<string, BackfillEntity>;

export type BackfillEntityType = keyof typeof backfillEntities;
export const backfillEntityTypes = [
  "contract",
  "quote",
  "customer",
  "invoice",
] as const satisfies readonly BackfillEntityType[];

/** Fields of our records that point to another record; a CSV names it by its id. */
const lookups = new Set(["Account_Name", "Contact_Name"]);

export function bulkColumn(field: string): BulkColumn {
  return lookups.has(field) ? { field, findBy: "id" } : { field };
}
