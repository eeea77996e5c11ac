import { assert, assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { insertQuoteItem, type Row } from "../support/fixtures.ts";
import { bookmark, zohoCallsSince } from "../support/zoho_calls.ts";
import { settled, sweep } from "../support/queue.ts";
import {
  linesOf,
  type Quoted,
  quoteFor,
  settledEstimate,
  shownLines,
  startAllTypes,
} from "./record_types_steps.ts";

// Line items are read for many records together, and never written twice whatever a query shows of them.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startAllTypes();
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(async () => {
  stack.zoho.clearFaults();
  await stack.zoho.changeSettings({ lineModules: "readable", lineColumnsHidden: [], lineLookups: "object" });
  await stack.zoho.changeSettings({ coqlFreshness: "committed", indexLagMs: 0 });
  // What the last test's org refused is remembered as long as the process lives.
  await stack.functions.restart("zoho-sync");
});

async function quotesInStep(count: number): Promise<Quoted[]> {
  const quoted: Quoted[] = [];
  for (let made = 0; made < count; made++) quoted.push(await quoteFor(stack));
  for (const { quote } of quoted) await settled(stack, quote);
  return quoted;
}

const addPrice = (quoted: Quoted[], more: number) =>
  stack.sql`update public.business_quote_items set monthly_price = monthly_price + ${more}
    where quote_id in ${stack.sql(quoted.map(({ quote }) => String(quote.id)))}`;

const prices = async (quote: Row) =>
  (await linesOf(stack, await settledEstimate(stack, quote))).map(({ price }) => price);

/** Calls about quotes and their rows since the mark: method and path, without ids. */
async function quoteCalls(mark: { calls: number }): Promise<string[]> {
  const calls = (await zohoCallsSince(stack, mark)).map((call) => call.replace(/\d{10,}/, "…"));
  return calls.filter((call) => call.includes("/Quotes") || call.includes("/coql"));
}

const singleReads = (calls: string[]) =>
  calls.filter((call) => call.startsWith("GET") && call.includes("/Quotes/"));

Deno.test("changed lines of several quotes are read by one query before they are written", async () => {
  const quoted = await quotesInStep(3);
  const mark = await bookmark(stack);
  await addPrice(quoted, 1);
  for (const { quote } of quoted) assertEquals(await prices(quote), [2000, 1500]);
  const calls = await quoteCalls(mark);
  assertEquals(singleReads(calls), []);
  assertEquals(calls.filter((call) => call.startsWith("PUT")).length, 1, calls.join("\n"));
  assert(calls.filter((call) => call.includes("/coql")).length <= 2, calls.join("\n"));
});

Deno.test("a look at an Estimate corrects what a seller did to its rows, and keeps ours by their ids", async () => {
  const [{ quote } = await quoteFor(stack)] = await quotesInStep(1);
  const before = await settledEstimate(stack, quote);
  const [first, second] = await linesOf(stack, before);
  const theirs = { Product_Name: { id: first?.productId ?? "" }, Quantity: 1, List_Price: 5 };
  await stack.zoho.edit("Quotes", before.id, {
    Quoted_Items: [{ id: second?.id ?? "", List_Price: 1 }, theirs],
  });
  const mark = await bookmark(stack);
  await stack.invoke("zoho-sync", { entity: "quote", id: quote.id, options: { forceSync: true } });
  const after = await settledEstimate(stack, quote);
  assertEquals((await linesOf(stack, after)).map(({ id }) => id), [first?.id, second?.id]);
  assertEquals(await shownLines(stack, after), await shownLines(stack, before));
  assertEquals(singleReads(await quoteCalls(mark)), []);
});

const ORGS: Record<string, Parameters<Stack["zoho"]["changeSettings"]>[0]> = {
  "an org that has no module of line items": { lineModules: "hidden" },
  "an org whose module of line items lacks the description": { lineColumnsHidden: ["Description"] },
  "an org whose integration user may not read line items": { noPermission: ["Quoted_Items"] },
};

for (const [org, settings] of Object.entries(ORGS)) {
  Deno.test(`${org} gets its changes as well: its records are read one by one`, async () => {
    const quoted = await quotesInStep(2);
    await stack.zoho.changeSettings(settings);
    const mark = await bookmark(stack);
    await addPrice(quoted, 1);
    for (const { quote } of quoted) assertEquals(await prices(quote), [2000, 1500]);
    assertEquals(singleReads(await quoteCalls(mark)).length, 2);
    const again = await bookmark(stack);
    await addPrice(quoted, 1);
    for (const { quote } of quoted) assertEquals(await prices(quote), [2001, 1500]);
    const calls = await quoteCalls(again);
    assertEquals(calls.filter((call) => call.includes("/coql")), [], "asked again what was refused");
    await stack.zoho.changeSettings({ noPermission: [] });
  });
}

for (
  const settings of [{ lineColumnsHidden: ["Sequence_Number"] }, { lineLookups: "id" as const }]
) {
  Deno.test(`lines are read together with ${JSON.stringify(settings)}, and an Estimate in step is left alone`, async () => {
    await stack.zoho.changeSettings(settings);
    const [{ quote } = await quoteFor(stack)] = await quotesInStep(1);
    const mark = await bookmark(stack);
    await stack.sql`select zoho_sync.mark(array['quote'], array[${
      String(quote.id)
    }::uuid], array[0::smallint],
      array['a test looks'], false, null, true)`;
    await sweep(stack);
    await settled(stack, quote);
    const calls = await quoteCalls(mark);
    assertEquals([singleReads(calls), calls.filter((call) => call.startsWith("PUT"))], [[], []]);
    assert(calls.some((call) => call.includes("/coql")), calls.join("\n"));
  });
}

Deno.test("a stale query costs a read of the record and adds no row twice", async () => {
  await stack.zoho.changeSettings({ coqlFreshness: "indexed", indexLagMs: 600_000 });
  const { quote, items } = await quoteFor(stack);
  assertEquals(await prices(quote), [1999, 1500]);
  // Of a record made a moment ago the query shows no rows, of one that has grown the rows of before.
  for (const [added, name] of ["Router", "Switch"].entries()) {
    await insertQuoteItem(stack.sql, quote.id, {
      service_name: name,
      monthly_price: 10 + added,
      installation_price: 0,
      display_order: 5 + added,
    });
    const grown = [1999, 1500, 10, 11].slice(0, 3 + added);
    assertEquals(await prices(quote), grown);
  }
  await stack.sql`delete from public.business_quote_items where id = ${items[0]?.id ?? null}`;
  assertEquals(await prices(quote), [10, 11]);
});

Deno.test("an Estimate with more rows than a page is written and compared whole", async () => {
  const many = Array.from({ length: 205 }, (_, index) => ({
    service_name: "Static IP",
    monthly_price: index + 1,
    installation_price: 0,
  }));
  const quoted = await quoteFor(stack, { items: many });
  const own = Array.from({ length: 205 }, (_, index) => index + 1);
  assertEquals(await prices(quoted.quote), own);
  const mark = await bookmark(stack);
  await addPrice([quoted], 1);
  assertEquals(await prices(quoted.quote), own.map((price) => price + 1));
  assertEquals(singleReads(await quoteCalls(mark)), []);
});
