import { assert, assertEquals } from "@std/assert";
import { insertCustomer, insertInvoice, insertQuote, insertQuoteItem } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { claim, emptyQueue, queueRows, rpc, WORKER } from "./steps.ts";
import { insertAll, queued, withAllTypes } from "./record_type_steps.ts";

// What queues quotes, customers and invoices, and what a claim returns for them.

const edits: [table: string, set: string, stale: string[]][] = [
  ["business_quotes", "status = 'expired'", ["quote 1"]],
  ["business_quotes", "quote_number = 'BQ-2026-X'", ["quote 1"]],
  ["business_quotes", "valid_until = '2027-01-31'", ["quote 1"]],
  ["business_quotes", "contract_term = 36", ["quote 1"]],
  ["business_quotes", "total_monthly = 1", ["quote 1"]],
  ["business_quotes", "total_installation = 1", ["quote 1"]],
  ["business_quotes", "company_name = 'Other'", ["contract 1", "quote 1"]],
  ["business_quotes", "service_address = '2 Long Street', contact_phone = '1', updated_at = now()", []],
  ["business_quote_items", "monthly_price = 1", ["quote 1"]],
  ["business_quote_items", "installation_price = 1", ["quote 1"]],
  ["business_quote_items", "quantity = 7", ["quote 1"]],
  ["business_quote_items", "service_name = 'Other'", ["quote 1"]],
  ["business_quote_items", "display_order = 7", ["quote 1"]],
  ["business_quote_items", "service_type = 'other', product_category = 'other'", []],
  ["kyc_sessions", "status = 'declined'", ["contract 0", "quote 0"]],
  ["kyc_sessions", "extracted_data = '{}'", []],
  ["customers", "last_name = 'Other'", ["contract 1", "customer 1", "invoice 1", "quote 1"]],
  ["customers", "business_name = 'Other'", ["contract 1", "customer 1", "invoice 1", "quote 1"]],
  ["customers", "phone = '1', id_number = '1', tax_number = '1'", []],
  ["customer_invoices", "status = 'paid'", ["invoice 1"]],
  ["customer_invoices", "total_amount = 1", ["invoice 1"]],
  ["customer_invoices", "invoice_date = '2026-11-02'", ["invoice 1"]],
  ["customer_invoices", "due_date = '2026-12-02'", ["invoice 1"]],
  ["customer_invoices", "line_items = '[]', amount_paid = 1, amount_due = 1, tax_amount = 1", []],
];

for (const [table, set, stale] of edits) {
  Deno.test(`${table} with ${set} queues ${stale.join(", ") || "nothing"}`, () =>
    withAllTypes(async (sql) => {
      await insertAll(sql);
      await sql.unsafe(`update ${table} set ${set} where true`);
      assertEquals(await queued(sql), stale);
    }));
}

Deno.test("new rows are queued, each under its own entity type", () =>
  withAllTypes(async (sql) => {
    const customer = await insertCustomer(sql);
    assertEquals(await queued(sql), ["customer 1"]);
    await emptyQueue(sql);
    const quote = await insertQuote(sql, { customer_id: customer.id });
    assertEquals(await queued(sql), ["quote 1"]);
    await emptyQueue(sql);
    await insertQuoteItem(sql, quote.id);
    assertEquals(await queued(sql), ["quote 1"]);
    await emptyQueue(sql);
    await insertInvoice(sql, customer);
    assertEquals(await queued(sql), ["invoice 1"]);
  }));

Deno.test("business_quote_items: moving to another quote queues both, a delete queues its quote", () =>
  withAllTypes(async (sql) => {
    const { item, customer } = await insertAll(sql);
    const other = await insertQuote(sql, { customer_id: customer.id });
    await emptyQueue(sql);
    await sql`update business_quote_items set quote_id = ${other.id} where id = ${item.id}`;
    assertEquals(await queued(sql), ["quote 1", "quote 1"]);
    await emptyQueue(sql);
    await sql`delete from business_quote_items where id = ${item.id}`;
    assertEquals(await queued(sql), ["quote 1"]);
  }));

Deno.test("consumers, internal_test customers and rows without a number are skipped, also by hand", () =>
  withAllTypes(async (sql) => {
    for (const account_type of ["personal", "internal_test"]) {
      const customer = await insertCustomer(sql, { account_type });
      const invoice = await insertInvoice(sql, customer);
      for (const [type, id] of [["customer", customer.id], ["invoice", invoice.id]] as const) {
        assertEquals(
          await rpc(sql, (tx) => tx`select zoho_enqueue(${type}, array[${id}]::uuid[]) as answer`),
          0,
        );
      }
    }
    const customer = await insertCustomer(sql);
    await emptyQueue(sql);
    await insertQuote(sql, { customer_id: customer.id, quote_number: null });
    await insertInvoice(sql, customer, { invoice_number: " " });
    assertEquals(await queued(sql), []);
  }));

Deno.test("a consumer who gets a quote becomes a customer of the CRM, with their invoices", () =>
  withAllTypes(async (sql) => {
    const customer = await insertCustomer(sql, { account_type: "personal", business_name: null });
    await insertInvoice(sql, customer);
    assertEquals(await queued(sql), []);
    await insertQuote(sql, { customer_id: customer.id });
    assertEquals(await queued(sql), ["customer 1", "invoice 1", "quote 1"]);
    assertEquals(
      await rpc(sql, (tx) => tx`select zoho_enqueue('customer', array[${customer.id}]::uuid[]) as answer`),
      1,
    );
  }));

Deno.test("enqueueing takes lane, cause and force, counts what it queued and tolerates repeats", () =>
  withAllTypes(async (sql) => {
    const { quote } = await insertAll(sql);
    const ids = [quote.id, quote.id, crypto.randomUUID()];
    const count = await rpc(
      sql,
      (tx) => tx`select zoho_enqueue('quote', ${ids}::uuid[], 2::smallint, 'backfill', true) as answer`,
    );
    assertEquals(count, 1);
    const [row] = await queueRows(sql);
    assertEquals([row?.entity_id, row?.lane, row?.cause, row?.forced], [quote.id, 2, "backfill", true]);
    assertEquals(await rpc(sql, (tx) => tx`select zoho_enqueue('quote', '{}') as answer`), 0);
  }));

Deno.test("a record type that is switched off is neither queued nor claimed with a source", () =>
  withAllTypes(async (sql) => {
    const { quote } = await insertAll(sql);
    await sql`update business_quotes set status = 'draft' where id = ${quote.id}`;
    await fold(sql);
    await sql`update zoho_sync_state set synced_types = '{contract}' where id`;
    await sql`update customers set last_name = 'Other' where true`;
    assertEquals(await queued(sql), ["contract 1", "quote 1"]);
    const { changes } = await claim(sql, { worker: WORKER });
    const sources = changes.map(({ entity_type, source }) => [entity_type, source !== null]);
    assertEquals(Object.fromEntries(sources), { contract: true, quote: false });
  }));

Deno.test("an unknown record type cannot be switched", () =>
  withAllTypes(async (sql) => {
    const refused = await sql`update zoho_sync_state set synced_types = '{product}' where id`.catch((error) =>
      error
    );
    assertEquals(refused.code, "23514");
  }));

Deno.test("a claim returns every record type with its source, and nothing personal but name and e-mail", () =>
  withAllTypes(async (sql) => {
    const personal = { phone: "+27 84 1", id_number: "9202204720083", tax_number: "TAX-1" };
    const { customer, quote, invoice } = await insertAll(sql, personal);
    await sql`
      update business_quotes set service_address = '17 Kloof Nek', contact_phone = '+27 84 2', contact_name = 'Somebody'
      where id = ${quote.id}`;
    await sql`
      update customer_invoices set line_items = '[{"note": "9202204720083"}]', total_amount = 115 where id = ${invoice.id}`;
    await sql`update kyc_sessions set extracted_data = '{"id": "9202204720083"}', risk_tier = 'high' where true`;
    await sql`update customers set last_name = 'Nkosi' where true`;
    const { changes } = await claim(sql, { worker: WORKER });
    const text = JSON.stringify(changes);
    for (const secret of ["+27 84", "9202204720083", "TAX-1", "Kloof", "Somebody"]) {
      assert(!text.includes(secret), secret);
    }

    const sources = new Map(changes.map(({ entity_type, source }) => [entity_type, Object(source)]));
    assertEquals(sources.size, 4);
    for (const source of sources.values()) assertEquals(source.customer?.id, customer.id);
    const { quote: quoted, items, kyc } = sources.get("quote") ?? {};
    assertEquals(quoted, {
      id: quote.id,
      quote_number: quote.quote_number,
      company_name: quote.company_name,
      status: "accepted",
      contract_term: 24,
      total_monthly: 1999,
      total_installation: 1500,
      valid_until: "2026-12-31",
    });
    assertEquals(items, [
      { service_name: "BizFibre Connect 100", quantity: 1, monthly_price: 1999, installation_price: 1500 },
    ]);
    assertEquals(kyc.status, "completed");
    assertEquals(sources.get("invoice")?.invoice, {
      id: invoice.id,
      invoice_number: invoice.invoice_number,
      invoice_date: null,
      due_date: null,
      total_amount: 115,
      status: "draft",
    });
    assertEquals(sources.get("invoice")?.company_name, customer.business_name);
  }));

Deno.test("a known Account serves every record type", () =>
  withAllTypes(async (sql) => {
    const { customer } = await insertAll(sql, { business_name: "One Company" });
    await sql`update business_quotes set company_name = 'One  COMPANY' where true`;
    await sql`update customers set last_name = 'Nkosi' where id = ${customer.id}`;
    await sql`insert into zoho_accounts (account_key, zoho_id, matched_by) values ('company:one company', '77', 'found')`;
    const { changes } = await claim(sql, { worker: WORKER });
    const ids = changes.map(({ entity_type, source }) => `${entity_type} ${source?.account_id}`).sort();
    assertEquals(ids, ["contract 77", "customer 77", "invoice 77", "quote 77"]);
  }));

Deno.test("the entities of a row are resolved for every table", () =>
  withAllTypes(async (sql) => {
    const { customer, quote, kyc, contract, invoice } = await insertAll(sql);
    const entities = async (entity: string, id: string) => {
      const { found, entities: named } = await rpc<{ found: boolean; entities: { entity_type: string }[] }>(
        sql,
        (tx) => tx`select zoho_entities_of(${entity}, ${id}) as answer`,
      );
      return found ? named.map(({ entity_type }) => entity_type) : null;
    };
    assertEquals(await entities("contract", contract.id), ["contract"]);
    assertEquals(await entities("quote", quote.id), ["contract", "quote"]);
    assertEquals(await entities("kyc_session", kyc.id), ["contract", "quote"]);
    assertEquals(await entities("customer", customer.id), ["contract", "customer", "invoice", "quote"]);
    assertEquals(await entities("invoice", invoice.id), ["invoice"]);
    for (const entity of ["contract", "quote", "customer", "invoice", "kyc_session", "rica_submission"]) {
      assertEquals(await entities(entity, crypto.randomUUID()), null);
    }
  }));

Deno.test("Products are stored by code, once, until they are gone from Zoho", () =>
  withAllTypes(async (sql) => {
    const remember = (id: string) => {
      const products = JSON.stringify([{ product_key: "CT-A", zoho_id: id, matched_by: "created" }]);
      return rpc(sql, (tx) => tx`select zoho_remember_products(${products}::text::jsonb)::text as answer`);
    };
    const known = () => rpc(sql, (tx) => tx`select zoho_known_products('{CT-A,CT-B}') as answer`);
    await remember("701");
    await remember("702");
    assertEquals(await known(), { "CT-A": "701" });
    await rpc(
      sql,
      (tx) =>
        tx`select zoho_settle_changes(${WORKER}, '[]', p_gone => '[{"zoho_type": "Products", "zoho_id": "701"}]') as answer`,
    );
    assertEquals(await known(), {});
  }));
