import { assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { insertCustomer, type Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { deliver, heard, inwardLogs, webhookEnv, webhookSecret } from "../support/webhook.ts";
import {
  addInvoice,
  allTypes,
  linesOf,
  quoteFor,
  settledEstimate,
  settledInvoice,
} from "./record_types_steps.ts";
import { mappingOf, openQuestionsOf } from "../support/linked.ts";
import { startQuietStack } from "../support/stack.ts";
import { bookmark, writesOf } from "../support/zoho_calls.ts";
import { settled } from "../support/queue.ts";

// What sellers do to Estimates, Invoices and Contacts: CircleTel decides their fields, so it is put right or asked about.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    functions: ["zoho-sync", "zoho-webhook"],
    functionEnv: webhookEnv,
    types: allTypes,
  });
  await tellOf(modules);
});
Deno.test.afterAll(() => stack.stop());

const modules = ["Quotes", "Invoices", "Contacts"];

const tellOf = (some: string[]) =>
  stack.zoho.changeSettings({
    workflow: {
      url: `${stack.apiUrl}/functions/v1/zoho-webhook`,
      secret: webhookSecret,
      modules: some,
      sign: "timestamp",
    },
  });

const openKinds = async (row: Row) =>
  (await openQuestionsOf(stack, row)).filter((each) => each.closed_because === null).map(({ kind }) => kind);

Deno.test("a field of an Estimate that a seller edits is drift: logged, and corrected by the next drain", async () => {
  const { quote } = await quoteFor(stack);
  const { id } = await settledEstimate(stack, quote);
  await stack.zoho.edit("Quotes", id, { Quote_Stage: "On Hold" });
  await until(async () => (await stack.zoho.record("Quotes", id)).Quote_Stage === "Delivered", {
    what: "CircleTel's stage",
  });
  await settled(stack, quote);
  const [log] = await inwardLogs(stack, quote);
  assertEquals(log?.error_message, "DRIFT: Quote_Stage edited in Zoho; CircleTel's value is put back");
  const { drift } = log?.response_payload as { drift: unknown };
  assertEquals(drift, { Quote_Stage: { zoho: "On Hold", circletel: "Delivered" } });
});

Deno.test("rows that a seller adds to an Estimate are removed again, and ours stay", async () => {
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

Deno.test("our own writes of an Estimate come back as echoes, cause a look and no change", async () => {
  const { quote } = await quoteFor(stack);
  const { id } = await settledEstimate(stack, quote);
  const mark = await bookmark(stack);
  await stack.sql`update public.business_quotes set status = 'accepted' where id = ${quote.id}`;
  await settledEstimate(stack, quote);
  let outcomes: unknown[] = [];
  await until(async () => {
    outcomes = await heard(stack, id);
    return outcomes.length >= 2 && outcomes.every((outcome) => outcome === "nothing_new");
  }, { what: "its making and the write told and looked at", seen: () => outcomes });
  await settled(stack, quote);
  assertEquals((await writesOf(stack, id, mark)).length, 1);
});

Deno.test("a deleted Estimate or Invoice is marked and raises a question, and a restored one is corrected", async () => {
  const { quote, customer } = await quoteFor(stack);
  const estimate = await settledEstimate(stack, quote);
  const invoice = await addInvoice(stack, customer);
  const bill = await settledInvoice(stack, invoice);
  for (const [module, record, row] of [["Quotes", estimate, quote], ["Invoices", bill, invoice]] as const) {
    await stack.zoho.delete(module, record.id);
    await until(async () => (await mappingOf(stack, row)).state === "deleted_in_zoho", { what: "the mark" });
    assertEquals(await openKinds(row), ["record_gone"]);
  }
  // No dead letter: a person decides.
  await stack.sql`update public.business_quotes set status = 'expired' where id = ${quote.id}`;
  await settled(stack, quote);
  assertEquals(await openKinds(quote), ["record_gone"]);
  assertEquals((await stack.zoho.records("Quotes")).some(({ id }) => id === estimate.id), false);

  await stack.zoho.restore("Quotes", estimate.id);
  await deliver(stack, {
    module: "Quotes",
    operation: "edit",
    record_id: estimate.id,
    record_data: { Modified_Time: new Date(Date.now() + 5_000).toISOString() },
  });
  assertEquals((await settledEstimate(stack, quote)).Quote_Stage, "Closed Lost");
  assertEquals([(await mappingOf(stack, quote)).state, await openKinds(quote)], ["linked", []]);
});

Deno.test("a Contact that was merged away is forgotten, and the one it was merged into is found by its reference", async () => {
  const customer = await insertCustomer(stack.sql);
  await settled(stack, customer);
  const [contact] = (await stack.zoho.records("Contacts")).filter(({ Email }) => Email === customer.email);
  await tellOf([]);
  const master = await stack.zoho.create("Contacts", {
    Last_Name: "Nkosi",
    Email: `m.${String(customer.email)}`,
  });
  await stack.zoho.merge("Contacts", master, [contact?.id ?? ""]);
  await tellOf(modules);
  await deliver(stack, {
    module: "Contacts",
    operation: "delete",
    record_id: contact?.id ?? "",
    record_data: {},
  });
  await settled(stack, customer);
  assertEquals((await mappingOf(stack, customer)).zoho_id, master);
  await stack.sql`update public.customers set first_name = 'Naledi' where id = ${customer.id}`;
  await settled(stack, customer);
  assertEquals((await stack.zoho.record("Contacts", master)).First_Name, "Naledi");
});
