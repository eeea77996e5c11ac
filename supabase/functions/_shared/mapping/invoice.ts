import { date, key, number, oneOf, required, text } from "./columns.ts";
import { currencyField } from "./currency_field.ts";
import { type Line, linesText } from "./lines.ts";
import { accountLink, contactLink } from "./links.ts";
import type { Party } from "./party.ts";
import { invoiceStatuses, invoiceStatusNames } from "./picklists.ts";
import { monthlyProduct } from "./product.ts";
import { field, picklist, recordType, reference, type SourceOfType } from "./record_type.ts";

/** A customer invoice's Invoice: billing is CircleTel's. */
export const invoice = recordType({
  module: "Invoices",
  zohoType: "Invoices",
  entityType: "invoice",
  also: { invoice: { id: required(text) } },
  fields: {
    Subject: field({
      data_type: "text",
      isNeeded: true,
      from: { invoice: { invoice_number: key } },
      value: ({ invoice }) => `Invoice ${invoice.invoice_number}`,
    }),
    Invoice_Reference: field({ ...reference, from: { invoice: { invoice_number: key } } }),
    // The customer's business, or the company of the newest quote.
    Account_Name: accountLink({ company_name: text }),
    Contact_Name: contactLink,
    Invoice_Date: field({ data_type: "date", from: { invoice: { invoice_date: date } } }),
    Due_Date: field({ data_type: "date", from: { invoice: { due_date: date } } }),
    Status: field({
      ...picklist(Object.values(invoiceStatuses)),
      from: { invoice: { status: oneOf(invoiceStatusNames) } },
      value: ({ invoice }) => invoiceStatuses[invoice.status ?? "draft"],
    }),
    Currency: currencyField,
    Invoiced_Items: field({
      data_type: "subform",
      isNeeded: true,
      from: { invoice: { total_amount: number } },
      value: (source, { links }) => linesText(invoiceLines(source), links.productIds),
    }),
  },
});

/** What zoho_sync.invoice_sources answers. */
export type InvoiceSource = Party & SourceOfType<typeof invoice>;

/**
 * The total alone: what was billed line by line may name people and places, and stays in CircleTel. Zoho refuses an
 * Invoice without a row, so one without a total has a row of zero.
 */
export function invoiceLines({ invoice }: { invoice: { total_amount: number | null } }): Line[] {
  return [{
    product: monthlyProduct(null),
    quantity: 1,
    price: invoice.total_amount ?? 0,
    description: "invoice total",
  }];
}
