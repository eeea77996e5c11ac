import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import {
  insertContract,
  insertCustomer,
  insertInvoice,
  insertQuote,
  insertQuoteItem,
} from "../support/fixtures.ts";
import { emptyQueue, queueRows } from "./steps.ts";

// A row that changes its owner concerns the old one and the new one.

const allTypes = ["contract", "quote", "customer", "invoice"];
const withAll = (test: (sql: postgres.Sql) => Promise<void>) => withDatabase("plain", test, allTypes);

/** Private persons are billed under the company of their newest quote. */
const person = { account_type: "personal", business_name: null };

async function queued(sql: postgres.Sql, type: string): Promise<string[]> {
  return (await queueRows(sql)).filter(({ entity_type }) => entity_type === type).map(({ entity_id }) =>
    entity_id
  ).sort();
}

Deno.test("contracts: an update that first names a customer sends the customer and their invoices to the CRM", () =>
  withAll(async (sql) => {
    const customer = await insertCustomer(sql, person);
    const invoice = await insertInvoice(sql, customer);
    const quote = await insertQuote(sql);
    const contract = await insertContract(sql, quote.id);
    await emptyQueue(sql);
    await sql`update contracts set customer_id = ${customer.id} where id = ${contract.id}`;
    assertEquals(await queued(sql, "invoice"), [invoice.id]);
    assertEquals(await queued(sql, "contract"), [contract.id]);
  }));

Deno.test("business_quotes: moving to another customer marks the invoices of both", () =>
  withAll(async (sql) => {
    const [left, right] = [await insertCustomer(sql, person), await insertCustomer(sql, person)];
    const invoices = [await insertInvoice(sql, left), await insertInvoice(sql, right)];
    // Both stay customers of the CRM by a quote of their own.
    for (const customer of [left, right]) await insertQuote(sql, { customer_id: customer.id });
    const quote = await insertQuote(sql, { customer_id: left.id });
    await emptyQueue(sql);
    await sql`update business_quotes set customer_id = ${right.id} where id = ${quote.id}`;
    assertEquals(await queued(sql, "invoice"), invoices.map(({ id }) => id).sort());
  }));

Deno.test("business_quotes: a delete marks the invoices of its customer", () =>
  withAll(async (sql) => {
    const customer = await insertCustomer(sql, person);
    const invoice = await insertInvoice(sql, customer);
    await insertQuote(sql, { customer_id: customer.id });
    const quote = await insertQuote(sql, { customer_id: customer.id, company_name: "Newer" });
    await emptyQueue(sql);
    await sql`delete from business_quotes where id = ${quote.id}`;
    assertEquals(await queued(sql, "invoice"), [invoice.id]);
  }));

Deno.test("business_quote_items: moving to another quote marks both", () =>
  withAll(async (sql) => {
    const quotes = [await insertQuote(sql), await insertQuote(sql)];
    const item = await insertQuoteItem(sql, String(quotes[0]?.id));
    await emptyQueue(sql);
    await sql`update business_quote_items set quote_id = ${String(quotes[1]?.id)} where id = ${item.id}`;
    assertEquals(await queued(sql, "quote"), quotes.map(({ id }) => id).sort());
  }));

for (
  const [title, mend] of [
    [
      "a quote's registration number",
      "update business_quotes set registration_number = '2015/123456/07' where true",
    ],
    ["a quote's VAT number", "update business_quotes set vat_number = '4012345678' where true"],
    [
      "a customer's registration number",
      "update customers set business_registration = '2015/123456/07' where true",
    ],
    ["a customer's tax number", "update customers set tax_number = '4012345678' where true"],
  ] as const
) {
  Deno.test(`${title} that is corrected requeues the changes that wait for the company's Account`, () =>
    withDatabase("plain", async (sql) => {
      const customer = await insertCustomer(sql, {
        account_type: "business",
        business_name: "Karoo Traders",
      });
      const quote = await insertQuote(sql, { company_name: "Karoo  traders", customer_id: customer.id });
      const other = await insertQuote(sql, { company_name: "Karoo Traders" });
      const contract = await insertContract(sql, other.id);
      await emptyQueue(sql);
      // A dead letter of another quote of the same company.
      await sql`
        insert into zoho_sync_queue (entity_type, entity_id, cause, status, error_code)
        values ('contract', ${contract.id}, 'test', 'dead', 'ACCOUNT_UNCERTAIN')`;
      await sql`
        insert into zoho_sync.account_waits (account_key, entity_type, entity_id)
        values ('company:karoo traders', 'contract', ${contract.id})`;
      await sql.unsafe(
        `${mend} and id in ('${quote.id}', '${customer.id}')`.replace("where true and", "where"),
      );
      const rows = await queueRows(sql);
      assertEquals(rows.map(({ entity_id, status }) => [entity_id, status]), [[contract.id, "pending"]]);
    }));
}
