import { assert, assertEquals } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import { clusterUrl } from "../support/cluster.ts";
import { insertCustomer, type Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { deliver, eventsOf, webhookEnv, webhookSecret } from "../support/webhook.ts";
import {
  allTypes,
  insertInvoice,
  linesOf,
  quoteFor,
  settledEstimate,
  settledInvoice,
} from "./record_types_steps.ts";
import { quickNet } from "../support/stack.ts";
import { bookmark, writesOf } from "../support/zoho_calls.ts";
import { settled } from "../support/queue.ts";
import { fold } from "../support/fold.ts";

// What sellers do to Estimates, Invoices and Contacts: CircleTel decides their fields, so it is put right or told.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({
    clusterUrl,
    cron: false,
    net: quickNet,
    functions: ["zoho-sync", "zoho-webhook"],
    functionEnv: webhookEnv,
    types: allTypes,
  });
  await stack.zoho.changeSettings({
    workflow: {
      url: `${stack.apiUrl}/functions/v1/zoho-webhook`,
      secret: webhookSecret,
      modules: ["Quotes", "Invoices", "Contacts"],
      sign: "timestamp",
    },
  });
});
Deno.test.afterAll(() => stack.stop());

const noticesOf = async (row: Row) =>
  (await stack.sql`select kind, message from public.zoho_notices where entity_id = ${row.id}`).map((
    each,
  ) => ({ ...each }));

Deno.test("a field of an Estimate that a seller edits is drift: logged, and put right by the next drain", async () => {
  const { quote } = await quoteFor(stack);
  const { id } = await settledEstimate(stack, quote);
  await stack.zoho.edit("Quotes", id, { Quote_Stage: "On Hold" });
  await until(async () => (await stack.zoho.record("Quotes", id)).Quote_Stage === "Delivered", {
    what: "CircleTel's stage",
  });
  await settled(stack, quote);
  const [log] = await stack.sql`
    select error_message, response_payload -> 'drift' as drift from public.zoho_sync_logs
    where entity_id = ${quote.id} and cause = 'zoho: update'`;
  assertEquals(log?.error_message, "DRIFT: Quote_Stage edited in Zoho; CircleTel's value is put back");
  assertEquals(log?.drift, { Quote_Stage: { zoho: "On Hold", circletel: "Delivered" } });
});

Deno.test("rows that a seller adds to an Estimate are taken out again, and ours stay", async () => {
  const { quote } = await quoteFor(stack);
  const before = await settledEstimate(stack, quote);
  const rows = await linesOf(stack, before);
  const product = rows[0]?.productId ?? "";
  await stack.zoho.edit("Quotes", before.id, {
    Quoted_Items: [{ Product_Name: { id: product }, Quantity: 5, List_Price: 1 }],
  });
  const ours = rows.map(({ id }) => id);
  await until(async () => {
    const now = await linesOf(stack, await stack.zoho.record("Quotes", before.id));
    return now.length === rows.length && now.every(({ id }) => ours.includes(id));
  }, { what: "our rows alone" });
  await settled(stack, quote);
});

Deno.test("our own writes come back as echoes and cause nothing", async () => {
  const { quote } = await quoteFor(stack);
  const { id } = await settledEstimate(stack, quote);
  const mark = await bookmark(stack);
  await stack.sql`update public.business_quotes set status = 'accepted' where id = ${quote.id}`;
  await settledEstimate(stack, quote);
  // The event of its making may have come before its mapping and wait for the sweep.
  await until(async () => (await eventsOf(stack, id)).some(({ status }) => status === "echo"), {
    what: "an echo",
  });
  await settled(stack, quote);
  assertEquals((await writesOf(stack, id, mark)).length, 1);
});

Deno.test("an Estimate and an Invoice that are deleted in Zoho are marked and told, and a restored one is put right", async () => {
  const { quote, customer } = await quoteFor(stack);
  const estimate = await settledEstimate(stack, quote);
  const invoice = await insertInvoice(stack, customer);
  const bill = await settledInvoice(stack, invoice);
  for (
    const [module, record, row, label] of [
      ["Quotes", estimate, quote, `The Estimate of quote ${quote.quote_number}`],
      ["Invoices", bill, invoice, `The Invoice of invoice ${invoice.invoice_number}`],
    ] as const
  ) {
    await deliver(stack, { module, operation: "delete", record_id: record.id, record_data: {} });
    const [notice] = await noticesOf(row);
    assertEquals(notice?.kind, "deleted_in_zoho");
    assert(String(notice?.message).startsWith(`${label} was deleted in Zoho`), String(notice?.message));
    const [mapping] = await stack
      .sql`select state from public.zoho_entity_mappings where circletel_id = ${row.id}`;
    assertEquals(mapping?.state, "deleted_in_zoho");
  }
  await stack.sql`update public.business_quotes set status = 'expired' where id = ${quote.id}`;
  await until(async () => {
    await fold(stack.sql);
    const [row] = await stack
      .sql`select status, error_code from public.zoho_sync_queue where entity_id = ${quote.id}`;
    return row?.status === "dead" && row.error_code === "RECORD_NOT_FOUND";
  }, { what: "a dead letter" });
  await deliver(stack, {
    module: "Quotes",
    operation: "edit",
    record_id: estimate.id,
    record_data: { Modified_Time: new Date(Date.now() + 5_000).toISOString() },
  });
  assertEquals((await settledEstimate(stack, quote)).Quote_Stage, "Closed Lost");
});

Deno.test("a Contact that was merged away is forgotten, told, and found again by its e-mail", async () => {
  const customer = await insertCustomer(stack.sql);
  await settled(stack, customer);
  const [contact] = (await stack.zoho.records("Contacts")).filter(({ Email }) => Email === customer.email);
  const master = await stack.zoho.create("Contacts", {
    Last_Name: "Nkosi",
    Email: `m.${String(customer.email)}`,
  });
  await stack.zoho.merge("Contacts", master, [contact?.id ?? ""]);
  await stack.zoho.edit("Contacts", master, { Email: String(customer.email) });
  await deliver(stack, {
    module: "Contacts",
    operation: "delete",
    record_id: contact?.id ?? "",
    record_data: {},
  });
  assertEquals((await noticesOf(customer)).map(({ kind }) => kind), ["deleted_in_zoho"]);
  await stack.sql`update public.customers set first_name = 'Naledi' where id = ${customer.id}`;
  await settled(stack, customer);
  assertEquals((await stack.zoho.record("Contacts", master)).First_Name, "Naledi");
  const [mapping] = await stack
    .sql`select zoho_id from public.zoho_entity_mappings where circletel_id = ${customer.id}`;
  assertEquals(mapping?.zoho_id, master);
});
