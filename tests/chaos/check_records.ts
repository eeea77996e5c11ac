import { estimate } from "../../supabase/functions/_shared/mapping/estimate.ts";
import { invoice } from "../../supabase/functions/_shared/mapping/invoice.ts";
import { project } from "../../supabase/functions/_shared/mapping/record_type.ts";
import { readRecord } from "../../supabase/functions/_shared/mapping/read.ts";
import type { QuoteSource } from "../../supabase/functions/_shared/mapping/estimate.ts";
import type { InvoiceSource } from "../../supabase/functions/_shared/mapping/invoice.ts";
import type { Party } from "../../supabase/functions/_shared/mapping/party.ts";
import type { Fields, RecordLinks } from "../../supabase/functions/_shared/mapping/types.ts";
import type { Stack } from "../../local/stack.ts";
import { query } from "./db_retry.ts";
import type { Findings } from "./report.ts";
import type { ChaosContext } from "./context.ts";

interface Expected {
  number: string;
  isTest: boolean;
  zohoId: string | null;
  fields: Fields;
  /** Fields that a person is asked about. */
  asked: string[];
}

/** Every quote and invoice that should be in Zoho is there once, every field right, no line item doubled. */
export async function checkRecords(context: ChaosContext, findings: Findings): Promise<void> {
  const productIds = new Map(
    (await query(
      context,
      (sql) =>
        sql<
          { product_key: string; zoho_id: string }[]
        >`select product_key, zoho_id from public.zoho_products`,
    ))
      .map(({ product_key, zoho_id }) => [product_key, zoho_id]),
  );
  const quotes = await query(context, async (sql) => [
    ...await sql<{ source: QuoteSource; zoho_id: string | null; asked: string[] }[]>`
      select s.source, m.zoho_id, ${askedOf(sql)}
      from zoho_sync.quote_sources(array(select id from public.business_quotes)) s
      left join public.zoho_entity_mappings m on m.circletel_type = 'quote' and m.circletel_id = s.quote_id`,
  ]);
  await checkModule(
    context,
    { module: "Quotes", reference: "Quote_Reference" },
    quotes.map(({ source, zoho_id, asked }) => ({
      asked,
      number: source.quote.quote_number,
      isTest: source.internal_test,
      zohoId: zoho_id,
      fields: source.internal_test
        ? {}
        : project(estimate, source, { links: linksOf(source, productIds), timeZone: "Africa/Johannesburg" }),
    })),
    findings,
  );
  const invoices = await query(context, async (sql) => [
    ...await sql<{ source: InvoiceSource; zoho_id: string | null; asked: string[] }[]>`
      select s.source, m.zoho_id, ${askedOf(sql)}
      from zoho_sync.invoice_sources(array(select id from public.customer_invoices)) s
      left join public.zoho_entity_mappings m on m.circletel_type = 'invoice' and m.circletel_id = s.invoice_id`,
  ]);
  await checkModule(
    context,
    { module: "Invoices", reference: "Invoice_Reference" },
    invoices.map(({ source, zoho_id, asked }) => ({
      asked,
      number: source.invoice.invoice_number,
      isTest: source.internal_test,
      zohoId: zoho_id,
      fields: project(invoice, source, {
        links: linksOf(source, productIds),
        timeZone: "Africa/Johannesburg",
      }),
    })),
    findings,
  );
  await checkProducts(context, findings);
}

/** Of the mapping `m`; a question without a field is about the record as a whole and excuses no value. */
function askedOf(sql: Stack["sql"]) {
  return sql`array(select n.field from public.zoho_questions n
    where n.entity_id = m.circletel_id and n.closed_at is null and n.field <> '') as asked`;
}

async function checkModule(
  context: ChaosContext,
  { module, reference }: { module: "Quotes" | "Invoices"; reference: string },
  all: Expected[],
  { lost, doubled, wrong }: Findings,
): Promise<void> {
  const { zoho } = context.stack;
  const records = await zoho.records(module);
  for (const { number, isTest, zohoId, fields, asked } of all) {
    const [record, ...more] = records.filter((each) => each[reference] === number);
    if (isTest) {
      if (record) wrong.push(`${number} belongs to a test customer and is in Zoho all the same`);
      continue;
    }
    if (more.length > 0) doubled.push(`${number} has ${more.length + 1} ${module}`);
    if (!record) {
      lost.push(`${number} is not in Zoho`);
      continue;
    }
    if (record.id !== zohoId) wrong.push(`${number} is ${record.id}, but mapped to ${zohoId}`);
    const held = readRecord(Object.keys(fields), await zoho.record(module, record.id));
    for (const [field, value] of Object.entries(fields)) {
      if (asked.includes(field)) continue;
      const [there, here] = [JSON.stringify(held[field] ?? null), JSON.stringify(value)];
      if (there !== here) wrong.push(`${number} has ${field} ${there} in Zoho, should be ${here}`);
    }
  }
  const numbers = new Set(all.map(({ number }) => number));
  for (const record of records) {
    if (!numbers.has(String(record[reference]))) wrong.push(`${module} ${record.id} belongs to nobody`);
  }
  const { changes } = await zoho.changes({ module });
  const made = changes.filter(({ operation, by }) => operation === "insert" && by === "api");
  if (made.length > records.length) doubled.push(`${made.length} ${module} were made for ${records.length}`);
}

async function checkProducts(context: ChaosContext, { doubled }: Findings): Promise<void> {
  const products = await context.stack.zoho.records("Products");
  for (const [code, same] of Map.groupBy(products, ({ Product_Code: each }) => String(each))) {
    if (same.length > 1) doubled.push(`the Product ${code} is there ${same.length} times`);
  }
}

function linksOf({ account_id, contact }: Party, productIds: RecordLinks["productIds"]): RecordLinks {
  return { accountId: account_id, contactId: contact?.zoho_id ?? null, productIds };
}
