import { assert, assertEquals } from "@std/assert";
import { insertCustomer, insertInvoice, insertQuote } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import {
  claim,
  done,
  emptyQueue,
  queueRows,
  type ResultInput,
  rpc,
  settle,
  settledBaseOf,
  WORKER,
} from "./steps.ts";
import { insertAll, queued, withAllTypes } from "./record_type_steps.ts";

// How quotes, customers and invoices are settled, and what a deletion leaves.

const records = {
  quote: settledBaseOf("Estimates", "801", { Quote_Stage: "Draft" }),
  invoice: settledBaseOf("Invoices", "802", { Status: "Created" }),
};

Deno.test("a mixed batch is settled: mappings with base, an empty queue, contracts unchanged", () =>
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
  Deno.test(`a deleted ${type} leaves ${left} unchanged: orphaned, reported, out of the queue`, () =>
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

  Deno.test(`a ${type} deleted while its record is being made is an orphan from the start`, () =>
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

Deno.test("a deleted customer's notice contains no name", () =>
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

Deno.test("a quote deleted while it is settled is busy, and becomes an orphan", () =>
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

Deno.test("a quote edited by a business transaction is settled beside it, and queued again at its commit", () =>
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

Deno.test("a write of an Estimate without a stored answer makes the next claim look at it", () =>
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

Deno.test("two transactions on the same customer, quotes and contracts do not deadlock", () =>
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
