import type { Stack } from "../../local/stack.ts";
import type { ZohoRecord } from "../../local/zoho/mod.ts";
import { insertCustomer, insertQuote, insertQuoteItem, type Row, type Values } from "../support/fixtures.ts";
import { settled } from "../support/queue.ts";
import { startQuietStack } from "../support/stack.ts";

// Quotes, customers and invoices as CircleTel has them, and their records.

export const allTypes: ("contract" | "quote" | "customer" | "invoice")[] = [
  "contract",
  "quote",
  "customer",
  "invoice",
];

/** A stack on which zoho-sync syncs every record type. */
export function startAllTypes(functionEnv: Record<string, string> = {}): Promise<Stack> {
  return startQuietStack({ functions: ["zoho-sync"], types: allTypes, functionEnv });
}

export interface Quoted {
  customer: Row;
  quote: Row;
  items: Row[];
}

/** A customer with a sent quote and its items, in one commit. */
export async function quoteFor(
  stack: Stack,
  values: { customer?: Values; quote?: Values; items?: Values[] } = {},
): Promise<Quoted> {
  return await stack.sql.begin(async (tx) => {
    const customer = await insertCustomer(tx, values.customer);
    const quote = await insertQuote(tx, { customer_id: customer.id, status: "sent", ...values.quote });
    const items: Row[] = [];
    for (const [index, item] of (values.items ?? [{}]).entries()) {
      items.push(await insertQuoteItem(tx, quote.id, { display_order: index, ...item }));
    }
    return { customer, quote, items };
  });
}

export async function addInvoice({ sql }: Stack, customer: Row, values: Values = {}): Promise<Row> {
  const invoice = {
    customer_id: customer.id,
    invoice_number: `INV-${crypto.randomUUID().slice(0, 8)}`,
    invoice_date: "2026-11-01",
    due_date: "2026-11-30",
    total_amount: 2298.85,
    status: "sent",
    ...values,
  };
  const [row] = await sql<Row[]>`insert into public.customer_invoices ${sql(invoice)} returning *`;
  if (!row) throw new Error("no invoice was inserted");
  return row;
}

/** The records of a module whose reference is this. */
export async function recordsWith(
  { zoho }: Stack,
  module: "Quotes" | "Invoices",
  reference: unknown,
): Promise<ZohoRecord[]> {
  const field = module === "Quotes" ? "Quote_Reference" : "Invoice_Reference";
  const records = (await zoho.records(module)).filter((record) => record[field] === reference);
  return await Promise.all(records.map(({ id }) => zoho.record(module, id)));
}

/** The one Estimate of a quote, once nothing of it is queued. */
export async function settledEstimate(stack: Stack, quote: Row): Promise<ZohoRecord> {
  await settled(stack, quote);
  return only(await recordsWith(stack, "Quotes", quote.quote_number));
}

/** The one Invoice of a customer invoice, once nothing of it is queued. */
export async function settledInvoice(stack: Stack, invoice: Row): Promise<ZohoRecord> {
  await settled(stack, invoice);
  return only(await recordsWith(stack, "Invoices", invoice.invoice_number));
}

export interface LineItem {
  id: string;
  productId: string;
  product: string;
  quantity: number;
  price: number;
  description: string;
}

/** The line items of a record, with the names of their Products. */
export async function linesOf({ zoho }: Stack, record: ZohoRecord): Promise<LineItem[]> {
  const rows = record.Quoted_Items ?? record.Invoiced_Items;
  if (!Array.isArray(rows)) throw new Error("the record has no line items");
  const products = new Map((await zoho.records("Products")).map((each) => [each.id, each.Product_Name]));
  return rows.map((row) => {
    const { id, Product_Name: product, Quantity, List_Price, Description } = Object(row);
    return {
      id: String(id),
      productId: String(product?.id),
      product: String(products.get(String(product?.id))),
      quantity: Number(Quantity),
      price: Number(List_Price),
      description: String(Description),
    };
  });
}

/** The same without ids. */
export async function shownLines(
  stack: Stack,
  record: ZohoRecord,
): Promise<Omit<LineItem, "id" | "productId">[]> {
  return (await linesOf(stack, record)).map(({ id: _, productId: __, ...shown }) => shown);
}

function only(records: ZohoRecord[]): ZohoRecord {
  const [record] = records;
  if (records.length !== 1 || !record) throw new Error(`there are ${records.length} records, not one`);
  return record;
}
