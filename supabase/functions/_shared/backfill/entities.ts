import type { Module } from "../zoho/records.ts";

/**
 * What can be backfilled, and Zoho's name of the module that holds the records. Another kind of entity is a line here and
 * one in zoho_sync.backfill_entities.
 */
export const backfillModules = {
  contract: "Deals",
  quote: "Quotes",
  customer: "Contacts",
  invoice: "Invoices",
} as const satisfies Record<string, Module>;

export const backfillEntityTypes = [
  "contract",
  "quote",
  "customer",
  "invoice",
] as const satisfies readonly (keyof typeof backfillModules)[];
