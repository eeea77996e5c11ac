import { account } from "./account.ts";
import { contact } from "./contact.ts";
import { deal } from "./deal.ts";
import { estimate } from "./estimate.ts";
import { invoice } from "./invoice.ts";
import { productType } from "./product.ts";
import type { Module, RecordType } from "./record_type.ts";

/** Every kind of record that is written, by its module in Zoho. */
export const recordTypes: Readonly<Record<Module, RecordType>> = {
  Deals: deal,
  Quotes: estimate,
  Invoices: invoice,
  Accounts: account,
  Contacts: contact,
  Products: productType,
};

/** The record type of a module; null for modules without one. */
export function recordTypeOf(module: string): RecordType | null {
  return Object.values(recordTypes).find((type) => type.module === module) ?? null;
}

/** Every field that we write. The setup makes the custom ones and the drain checks them all. */
export const requiredFields = Object.fromEntries(
  Object.values(recordTypes).map(({ module, fields }) => [module, fields]),
);
