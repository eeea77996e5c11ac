import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type { ZohoRecord } from "../../local/zoho/mod.ts";
import { TestZoho } from "../../local/zoho/testing.ts";
import { insertQuoteItem } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { openQuestionsOf } from "../support/linked.ts";
import { webhookEnv } from "../support/webhook.ts";
import { reconcileAfterDeletion, reconcileAll, repairRun } from "./reconcile_steps.ts";
import { type Sale, sell } from "../support/sale.ts";
import { renewedStack } from "../support/renewed_stack.ts";
import { fold } from "../support/fold.ts";

// Quotes, customers and invoices are compared as contracts are; line items row by row, read for a page together.

const renewed = renewedStack({
  functions: ["zoho-sync", "zoho-admin"],
  functionEnv: webhookEnv,
  types: ["contract", "quote", "customer", "invoice"],
});
let stack: Stack;
Deno.test.beforeEach(async () => {
  stack = await renewed.renew();
});
Deno.test.afterAll(() => renewed.stop());

async function queueEmpty(): Promise<void> {
  let left: unknown;
  await until(async () => {
    await fold(stack.sql);
    left = await stack.sql`select entity_type, status, error_code, error_field from public.zoho_sync_queue`;
    return Array.isArray(left) && left.length === 0;
  }, { what: "an empty queue", seen: () => left });
}

/** A sale whose quote has an item, and an invoice for it. */
async function sold(): Promise<Sale> {
  const sale = await sell(stack);
  await insertQuoteItem(stack.sql, sale.quote.id);
  await stack.sql`
    insert into public.customer_invoices (customer_id, invoice_number, invoice_date, due_date, total_amount, status)
    values (${sale.customer?.id ?? null}, 'INV-2026-001', '2026-11-01', '2026-11-30', 1999, 'sent')`;
  await queueEmpty();
  return sale;
}

async function only(module: string): Promise<ZohoRecord> {
  const [record, ...others] = await stack.zoho.records(module);
  if (!record || others.length > 0) throw new Error(`${module} has ${others.length + 1} records`);
  return record;
}

const singleReads = async (module: string) =>
  (await stack.zoho.calls()).filter(({ method, path }) =>
    method === "GET" && new RegExp(`/${module}/\\d+$`).test(path)
  ).length;

Deno.test("a sale in step is four matches, without a single-record read", async () => {
  await sold();
  const { line, byType } = await reconcileAll(stack);
  assertMatch(line, /: 4 match, 0 differ, 0 missing$/);
  const one = { match: 1 };
  assertEquals(byType, { contract: one, quote: one, customer: one, invoice: one });
  assertEquals([await singleReads("Quotes"), await singleReads("Invoices")], [0, 0]);
});

Deno.test("a seller's change without a callback is put back after the scheduled comparison", async () => {
  await sold();
  const [quote, invoice] = [await only("Quotes"), await only("Invoices")];
  for (let round = 0; round < 2; round++) {
    await stack.zoho.edit("Quotes", quote.id, { Quote_Stage: "On Hold", Valid_Till: "2027-06-30" });
    await stack.zoho.edit("Invoices", invoice.id, { Status: "Approved" });
    await stack.sql`select zoho_sync.schedule_reconcile('incremental')`;
    const seen = async () => [
      (await only("Quotes")).Quote_Stage,
      (await only("Quotes")).Valid_Till,
      (await only("Invoices")).Status,
    ];
    const before = JSON.stringify([quote.Quote_Stage, quote.Valid_Till, invoice.Status]);
    await until(async () => JSON.stringify(await seen()) === before, { what: "CircleTel's values", seen });
    await queueEmpty();
  }
});

const EDITS: { module: string; type: string; field: string; edit: string; back: unknown }[] = [
  { module: "Quotes", type: "quote", field: "Subject", edit: "Cheaper", back: "Quote BQ-2026-" },
  { module: "Invoices", type: "invoice", field: "Due_Date", edit: "2027-01-01", back: "2026-11-30" },
  { module: "Contacts", type: "customer", field: "Last_Name", edit: "Somebody", back: "Nkosi" },
];

for (const { module, type, field, edit, back } of EDITS) {
  Deno.test(`${field} of ${module} edited without a callback differs, is corrected and matches`, async () => {
    await sold();
    const { id } = await only(module);
    await stack.zoho.edit(module, id, { [field]: edit });
    const { items, run } = await reconcileAll(stack);
    assertEquals(items.map(({ verdict, reason, fields }) => [verdict, reason, Object.keys(fields)]), [
      ["differs", "fields", [field]],
    ]);
    if (type === "customer") assert(!JSON.stringify(items).includes("Nkosi"), "a name is not masked");
    await repairRun(stack, run.id);
    await queueEmpty();
    assertMatch(String((await only(module))[field]), new RegExp(`^${back}`));
    assertEquals((await reconcileAll(stack)).counts.match, 4);
  });
}

interface HeldLine {
  id: string;
  Product_Name: { id: string };
  Quantity: number;
  List_Price: number;
}

async function linesOf(): Promise<HeldLine[]> {
  const rows: unknown = (await only("Quotes")).Quoted_Items;
  return rows as HeldLine[];
}

/** A seller's edit of the Estimate's rows. */
async function editLines(rows: Record<string, unknown>[]): Promise<void> {
  const { id } = await only("Quotes");
  const zoho = new TestZoho(stack.zohoUrl);
  const { text, status } = await zoho.call("PUT", `Quotes/${id}`, {
    data: [{ Quoted_Items: JSON.parse(JSON.stringify(rows)) }],
  });
  assertEquals(status, 200, text);
}

const shownLines = async () =>
  (await linesOf()).map(({ Product_Name: { id }, Quantity, List_Price }) => [id, Quantity, List_Price]);

const LINE_EDITS: Record<
  string,
  (first: HeldLine, second: HeldLine, other: string) => Record<string, unknown>[]
> = {
  "another price": ({ id }) => [{ id, List_Price: 1 }],
  "prices that add up to the same": (first, second) => [
    { id: first.id, List_Price: first.List_Price - 100 },
    { id: second.id, List_Price: second.List_Price + 100 },
  ],
  "a quantity and a price that make the same": ({ id, List_Price }) => [
    { id, Quantity: 2, List_Price: List_Price / 2 },
  ],
  "another description": ({ id }) => [{ id, Description: "for nothing" }],
  "another Product at the same price": ({ id }, _, other) => [{ id, Product_Name: { id: other } }],
  "a row more that costs nothing": (_, __, other) => [{
    Product_Name: { id: other },
    Quantity: 1,
    List_Price: 0,
  }],
};

for (const [what, edit] of Object.entries(LINE_EDITS)) {
  Deno.test(`${what} in the lines of an Estimate differs, is corrected and matches, without a single-record read`, async () => {
    await sold();
    const other = await stack.zoho.create("Products", { Product_Name: "Something of theirs" });
    const before = await shownLines();
    const [first, second] = await linesOf();
    if (!first || !second) throw new Error("the Estimate has fewer than two rows");
    await editLines(edit(first, second, other));
    const { items, run } = await reconcileAll(stack);
    assertEquals(items.map(({ verdict, fields }) => [verdict, Object.keys(fields)]), [
      ["differs", ["Quoted_Items"]],
    ]);
    await repairRun(stack, run.id);
    await queueEmpty();
    assertEquals(await shownLines(), before);
    assertEquals((await reconcileAll(stack)).counts.match, 4);
    assertEquals(await singleReads("Quotes"), 0);
  });
}

Deno.test("a discount on a row belongs to the seller", async () => {
  await sold();
  const [first] = await linesOf();
  await editLines([{ id: first?.id, Discount: 100 }]);
  assertEquals((await reconcileAll(stack)).counts.match, 4);
});

Deno.test("an org without queries on line items has them compared too, by a read of each record", async () => {
  await sold();
  await stack.zoho.changeSettings({ lineModules: "hidden" });
  const [first] = await linesOf();
  await editLines([{ id: first?.id, List_Price: 1 }]);
  assertEquals((await reconcileAll(stack)).items.map(({ fields }) => Object.keys(fields)), [[
    "Quoted_Items",
  ]]);
  assert(await singleReads("Quotes") > 0);
  // An isolate remembers it.
  await Promise.all(["zoho-sync", "zoho-admin"].map((name) => stack.functions.restart(name)));
});

Deno.test("an unreported deletion of an Estimate is marked and raises one question, and the Estimate is made again only on request", async () => {
  const { quote } = await sold();
  const { id } = await only("Quotes");
  await stack.zoho.delete("Quotes", id);
  const { items, run } = await reconcileAfterDeletion(stack, quote);
  assertEquals(items.map(({ verdict, reason, entityId }) => [verdict, reason, entityId]), [
    ["missing", "deleted_in_zoho", quote.id],
  ]);
  await queueEmpty();
  assertEquals((await openQuestionsOf(stack, quote)).map(({ kind }) => kind), ["record_gone"]);
  assertEquals((await repairRun(stack, run.id)).rows, 0);
  await repairRun(stack, run.id, { recreateDeleted: true });
  await queueEmpty();
  assert((await only("Quotes")).id !== id);
  assertEquals((await reconcileAll(stack)).counts.match, 4);
});

Deno.test("a Product that was deleted is forgotten", async () => {
  await sold();
  for (const { id } of await stack.zoho.records("Products")) await stack.zoho.delete("Products", id);
  await reconcileAll(stack);
  assertEquals((await stack.sql`select from public.zoho_products`).length, 0);
});
