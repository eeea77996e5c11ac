import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import {
  insertContract,
  insertCustomer,
  insertInvoice,
  insertKycSession,
  insertQuote,
  insertQuoteItem,
  type Row,
  type Values,
} from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { claim, done, emptyQueue, queueRows, type ResultInput, rpc, settle, settledBaseOf } from "./steps.ts";

// What makes quotes, customers and invoices stale, what a claim says of them, and how they are settled.

const allTypes = ["contract", "quote", "customer", "invoice"];
const WORKER = crypto.randomUUID();

interface Rows {
  customer: Row;
  quote: Row;
  item: Row;
  kyc: Row;
  contract: Row;
  invoice: Row;
}

async function insertAll(sql: postgres.Sql, customerValues: Values = {}): Promise<Rows> {
  const customer = await insertCustomer(sql, customerValues);
  const quote = await insertQuote(sql, { customer_id: customer.id });
  const item = await insertQuoteItem(sql, quote.id);
  const kyc = await insertKycSession(sql, quote.id);
  const contract = await insertContract(sql, quote.id, { customer_id: customer.id });
  const invoice = await insertInvoice(sql, customer);
  await emptyQueue(sql);
  return { customer, quote, item, kyc, contract, invoice };
}

/** What is queued, as "quote 1": the kind and the lane. */
async function queued(sql: postgres.Sql): Promise<string[]> {
  return (await queueRows(sql)).map(({ entity_type, lane }) => `${entity_type} ${lane}`).sort();
}

const withAllTypes = (test: (sql: postgres.Sql) => Promise<void>) => withDatabase("plain", test, allTypes);

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

Deno.test("new rows are queued, each as what it is", () =>
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

Deno.test("an item that moves to another quote queues both, and a deleted one its quote", () =>
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

Deno.test("consumers, internal_test customers and what has no number are passed over, also by hand", () =>
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

Deno.test("a consumer who is quoted becomes a customer of the CRM, invoices and all", () =>
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

Deno.test("enqueueing names its lane, its cause and its force, counts what it queued and forgives repeats", () =>
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

Deno.test("a kind that is switched off is neither queued nor handed out with a source", () =>
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

Deno.test("the switch knows no kind that there is not", () =>
  withAllTypes(async (sql) => {
    const refused = await sql`update zoho_sync_state set synced_types = '{product}' where id`.catch((error) =>
      error
    );
    assertEquals(refused.code, "23514");
  }));

Deno.test("a claim hands out every kind with its source, and nothing personal beside name and e-mail", () =>
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

Deno.test("an Account that is known is known to every kind", () =>
  withAllTypes(async (sql) => {
    const { customer } = await insertAll(sql, { business_name: "One Company" });
    await sql`update business_quotes set company_name = 'One  COMPANY' where true`;
    await sql`update customers set last_name = 'Nkosi' where id = ${customer.id}`;
    await sql`insert into zoho_accounts (account_key, zoho_id, matched_by) values ('company:one company', '77', 'found')`;
    const { changes } = await claim(sql, { worker: WORKER });
    const ids = changes.map(({ entity_type, source }) => `${entity_type} ${source?.account_id}`).sort();
    assertEquals(ids, ["contract 77", "customer 77", "invoice 77", "quote 77"]);
  }));

const records = {
  quote: settledBaseOf("Estimates", "801", { Quote_Stage: "Draft" }),
  invoice: settledBaseOf("Invoices", "802", { Status: "Created" }),
};

Deno.test("a mixed lot is settled: mappings with snapshots, an empty queue, contracts left alone", () =>
  withAllTypes(async (sql) => {
    const { quote, invoice, contract } = await insertAll(sql);
    await sql`update customers set last_name = 'Nkosi' where true`;
    const { changes } = await claim(sql, { worker: WORKER });
    const results = changes.map((change): ResultInput => ({
      ...done(change),
      ...(change.entity_type === "quote" || change.entity_type === "invoice"
        ? { record: records[change.entity_type] }
        : {}),
    }));
    const { settled, busy } = await settle(sql, { worker: WORKER, results });
    assertEquals([settled, busy], [4, []]);
    assertEquals(await queueRows(sql), []);
    const mappings = await sql`
      select circletel_id, zoho_type, zoho_id, snapshot from zoho_entity_mappings order by zoho_type`;
    assertEquals(mappings.map((row) => ({ ...row })), [
      { circletel_id: quote.id, zoho_type: "Estimates", zoho_id: "801", snapshot: { Quote_Stage: "Draft" } },
      { circletel_id: invoice.id, zoho_type: "Invoices", zoho_id: "802", snapshot: { Status: "Created" } },
    ]);
    const [row] = await sql`select zoho_deal_id from contracts where id = ${contract.id}`;
    assertEquals(row?.zoho_deal_id, null);
  }));

const deletable = [
  ["quote", "business_quotes", "Quote", "Estimates", "its Estimate"],
  ["invoice", "customer_invoices", "Invoice", "Invoices", "its Invoice"],
] as const;

for (const [type, table, label, zohoType, left] of deletable) {
  Deno.test(`a deleted ${type} leaves ${left} alone: orphaned, told, out of the queue`, () =>
    withAllTypes(async (sql) => {
      const customer = await insertCustomer(sql);
      const row = type === "quote"
        ? await insertQuote(sql, { customer_id: customer.id })
        : await insertInvoice(sql, customer);
      await sql`
        insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id, snapshot)
        values (${type}, ${row.id}, ${zohoType}, '900', jsonb_build_object(
          ${type === "quote" ? "Quote_Reference" : "Invoice_Reference"}::text,
          ${String(row.quote_number ?? row.invoice_number)}::text))`;
      await sql`delete from ${sql(table)} where id = ${row.id}`;
      await fold(sql);
      const [mapping] = await sql`select state from zoho_entity_mappings where circletel_id = ${row.id}`;
      assertEquals(mapping?.state, "orphaned");
      const [notice] = await sql`select message, zoho_id from zoho_notices where entity_id = ${row.id}`;
      assertEquals(notice?.zoho_id, "900");
      assertEquals(
        notice?.message,
        `${label} ${
          row.quote_number ?? row.invoice_number
        } was deleted in CircleTel; ${left} was left as it is`,
      );
      assertEquals((await queueRows(sql)).filter(({ entity_id }) => entity_id === row.id), []);
    }));

  Deno.test(`a ${type} that is deleted while its record is being made is orphaned from the start`, () =>
    withAllTypes(async (sql) => {
      const customer = await insertCustomer(sql);
      await emptyQueue(sql);
      const row = type === "quote"
        ? await insertQuote(sql, { customer_id: customer.id })
        : await insertInvoice(sql, customer);
      const { changes } = await claim(sql, { worker: WORKER });
      await sql`delete from ${sql(table)} where id = ${row.id}`;
      await settle(sql, {
        worker: WORKER,
        results: changes.map((each) => ({ ...done(each), record: records[type] })),
      });
      const [mapping] = await sql`select state from zoho_entity_mappings where circletel_id = ${row.id}`;
      assertEquals(mapping?.state, "orphaned");
      const [notice] = await sql`select message from zoho_notices where entity_id = ${row.id}`;
      assert(
        String(notice?.message).includes(
          `its ${label === "Quote" ? "Estimate" : "Invoice"} was being written`,
        ),
      );
    }));
}

Deno.test("a deleted customer's notice names nobody", () =>
  withAllTypes(async (sql) => {
    const customer = await insertCustomer(sql);
    await sql`
      insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
      values ('customer', ${customer.id}, 'Contacts', '900')`;
    await sql`delete from customers where id = ${customer.id}`;
    await fold(sql);
    const [notice] = await sql`select message from zoho_notices`;
    assertEquals(notice?.message, "Customer was deleted in CircleTel; its Contact was left as it is");
  }));

Deno.test("a quote that is being deleted while it is settled is busy, and orphaned in the end", () =>
  withAllTypes(async (sql) => {
    const quote = await insertQuote(sql);
    const { changes } = await claim(sql, { worker: WORKER });
    const results = changes.map((change) => ({ ...done(change), record: records.quote }));
    await sql.begin(async (tx) => {
      await tx`delete from business_quotes where id = ${quote.id}`;
      assertEquals((await settle(sql, { worker: WORKER, results })).busy, [quote.id]);
    });
    await settle(sql, { worker: WORKER, results });
    const [mapping] = await sql`select state from zoho_entity_mappings where circletel_id = ${quote.id}`;
    assertEquals(mapping?.state, "orphaned");
  }));

Deno.test("a quote that a business transaction edits is settled beside it, and comes again with its commit", () =>
  withAllTypes(async (sql) => {
    const quote = await insertQuote(sql);
    const { changes } = await claim(sql, { worker: WORKER });
    const results = changes.map((change) => ({ ...done(change), record: records.quote }));
    await sql.begin(async (tx) => {
      await tx`update business_quotes set status = 'expired' where id = ${quote.id}`;
      const { settled, busy } = await settle(sql, { worker: WORKER, results });
      assertEquals([settled, busy], [1, []]);
    });
    assertEquals(await queued(sql), ["quote 1"]);
  }));

Deno.test("a write of an Estimate whose answer was never stored leaves its record in doubt", () =>
  withAllTypes(async (sql) => {
    const quote = await insertQuote(sql);
    await sql`
      insert into zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
      values ('quote', ${quote.id}, 'Estimates', '801')`;
    await claim(sql, { worker: WORKER });
    const opened = JSON.stringify([{
      id: crypto.randomUUID(),
      lease_type: "quote",
      lease_id: quote.id,
      entity_type: "quote",
      entity_id: quote.id,
      zoho_entity_type: "Estimates",
      zoho_entity_id: "801",
      attempt_number: 1,
      request_payload: { Quote_Stage: "Draft" },
      cause: "test",
    }]);
    await rpc(sql, (tx) => tx`select zoho_record_attempts(${WORKER}, 60, ${opened}::text::jsonb) as answer`);
    await fold(sql);
    await sql`update zoho_sync_queue set lease_until = now() - interval '1 second' where true`;
    const { changes: [change] } = await claim(sql, { worker: WORKER });
    assertEquals(change?.in_doubt, true);
  }));

Deno.test("what a row speaks for can be asked, whatever it is", () =>
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

Deno.test("Products are remembered by their code, once, until Zoho has them no more", () =>
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

Deno.test("two transactions over the same customer, quotes and contracts do not deadlock", () =>
  withAllTypes(async (sql) => {
    const { customer, quote } = await insertAll(sql);
    const edit = (round: number) =>
      sql.begin(async (tx) => {
        const tables = round % 2 === 0 ? ["customers", "business_quotes"] : ["business_quotes", "customers"];
        for (const table of tables) {
          const id = table === "customers" ? customer.id : quote.id;
          if (table === "customers" && round % 2 === 1) continue;
          await tx`update ${tx(table)} set ${
            tx(table === "customers" ? { last_name: `N${round}` } : { total_monthly: round })
          } where id = ${id}`;
        }
        await tx`update contracts set total_contract_value = ${round} where true`;
      });
    await Promise.all(Array.from({ length: 12 }, (_, round) => edit(round)));
    assertEquals(await queued(sql), ["contract 0", "customer 1", "invoice 1", "quote 1"]);
  }));
