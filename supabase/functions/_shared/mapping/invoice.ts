import { type Line, linesText } from "./lines.ts";
import { invoiceStatuses } from "./picklists.ts";
import { monthlyProduct } from "./product.ts";
import type { Fields, InvoiceSource, RecordLinks } from "./types.ts";

/**
 * The field values a customer invoice's Invoice should hold now.
 * @throws RangeError when the Product of its line has no id
 */
export function invoiceProjection(source: InvoiceSource, links: RecordLinks): Fields {
  const { invoice } = source;
  return {
    Subject: `Invoice ${invoice.invoice_number}`,
    Invoice_Reference: invoice.invoice_number,
    Account_Name: links.accountId === null ? null : { id: links.accountId },
    Contact_Name: links.contactId === null ? null : { id: links.contactId },
    Invoice_Date: invoice.invoice_date,
    Due_Date: invoice.due_date,
    Status: invoiceStatuses[invoice.status ?? "draft"],
    Invoiced_Items: linesText(invoiceLines(source), links.productIds),
  };
}

/**
 * The total alone: what was billed line by line may name people and places, and stays in CircleTel. Zoho refuses an
 * Invoice without a row, so one without a total has a row of zero.
 */
export function invoiceLines({ invoice }: InvoiceSource): Line[] {
  return [{
    product: monthlyProduct(null),
    quantity: 1,
    price: invoice.total_amount ?? 0,
    description: "invoice total",
  }];
}
