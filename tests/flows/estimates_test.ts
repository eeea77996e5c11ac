import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { insertContract, insertKycSession, insertQuoteItem, type Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { dealOf } from "../support/sale.ts";
import { startQuietStack } from "../support/stack.ts";
import { idOf, pick } from "../support/rows.ts";
import { bookmark, silence, writesOf, zohoCallsSince } from "../support/zoho_calls.ts";
import { queueRow, settled, sweep } from "../support/queue.ts";
import {
  allTypes,
  linesOf,
  quoteFor,
  recordsWith,
  settledEstimate,
  shownLines,
} from "./record_types_steps.ts";
import { fold } from "../support/fold.ts";

// From a commit of a quote to its Estimate and rows, and the ways in which a row could come twice.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    functions: ["zoho-sync"],
    types: allTypes,
    functionEnv: { ZOHO_TIMEOUT_MS: "1000" },
  });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(() => stack.zoho.clearFaults());

const setPrice = (item: Row | undefined, price: number) =>
  stack.sql`update public.business_quote_items set monthly_price = ${price} where id = ${item?.id ?? null}`;

Deno.test("a quote with items is an Estimate with a row for each price, and Products to point to", async () => {
  const { quote, customer } = await quoteFor(stack, {
    quote: { contract_term: 36, valid_until: "2026-12-15" },
    items: [
      { service_name: "BizFibre Connect 200", monthly_price: 2499, installation_price: 1500 },
      { service_name: "Static IP", quantity: 4, monthly_price: 49.5, installation_price: 0 },
    ],
  });
  const estimate = await settledEstimate(stack, quote);

  assertEquals(pick(estimate, ["Subject", "Quote_Reference", "Quote_Stage", "Valid_Till", "KYC_Status"]), {
    Subject: `Quote ${quote.quote_number}`,
    Quote_Reference: quote.quote_number,
    Quote_Stage: "Delivered",
    Valid_Till: "2026-12-15",
    KYC_Status: "Not Started",
  });
  const contact = await stack.zoho.record("Contacts", idOf(estimate.Contact_Name) ?? "");
  assertEquals(contact.Email, customer.email);
  const account = await stack.zoho.record("Accounts", idOf(estimate.Account_Name) ?? "");
  assertEquals(account.Account_Name, quote.company_name);
  assertEquals(await shownLines(stack, estimate), [
    { product: "BizFibre Connect 200", quantity: 1, price: 2499, description: "per month, 36 months" },
    { product: "BizFibre Connect 200 (installation)", quantity: 1, price: 1500, description: "once-off" },
    { product: "Static IP", quantity: 4, price: 49.5, description: "per month, 36 months" },
  ]);
  const codes = (await stack.zoho.records("Products")).map((product) => product.Product_Code);
  assert(codes.includes("CT-BIZFIBRE-CONNECT-200"), String(codes));
  assert(codes.includes("CT-BIZFIBRE-CONNECT-200-INSTALL"), String(codes));
  const [mapping] = await stack.sql`
    select zoho_type, zoho_id from public.zoho_entity_mappings where circletel_id = ${quote.id}`;
  assertEquals({ ...mapping }, { zoho_type: "Estimates", zoho_id: estimate.id });
});

Deno.test("a changed item changes its own row, and only the rows are sent", async () => {
  const { quote, items } = await quoteFor(stack, {
    items: [{}, { service_name: "Static IP", installation_price: 0 }],
  });
  const before = await settledEstimate(stack, quote);
  const mark = await bookmark(stack);
  await setPrice(items[0], 1799);
  const after = await settledEstimate(stack, quote);

  const rows = await linesOf(stack, after);
  assertEquals(rows.map(({ id }) => id), (await linesOf(stack, before)).map(({ id }) => id));
  assertEquals(rows[0]?.price, 1799);
  const writes = await writesOf(stack, after.id, mark);
  assertEquals(writes.length, 1);
  assert(!("Subject" in (writes[0] ?? {})));
});

Deno.test("an added item adds a row, a removed item removes one", async () => {
  const { quote, items } = await quoteFor(stack);
  assertEquals((await linesOf(stack, await settledEstimate(stack, quote))).length, 2);
  await insertQuoteItem(stack.sql, quote.id, {
    service_name: "Router",
    installation_price: 0,
    display_order: 5,
  });
  const wider = await linesOf(stack, await settledEstimate(stack, quote));
  assertEquals(wider.map(({ product }) => product).at(-1), "Router");
  assertEquals(wider.length, 3);
  await stack.sql`delete from public.business_quote_items where id = ${items[0]?.id ?? null}`;
  assertEquals((await shownLines(stack, await settledEstimate(stack, quote))).map(({ product }) => product), [
    "Router",
  ]);
});

Deno.test("a quote without items has its totals, and a status has its stage", async () => {
  const { quote } = await quoteFor(stack, {
    items: [],
    quote: { status: "draft", total_monthly: 999, total_installation: 250 },
  });
  const estimate = await settledEstimate(stack, quote);
  assertEquals((await shownLines(stack, estimate)).map(({ price }) => price), [999, 250]);
  for (
    const [status, stage] of [["approved", "Confirmed"], ["accepted", "Closed Won"], [
      "rejected",
      "Closed Lost",
    ]]
  ) {
    await stack.sql`update public.business_quotes set status = ${status ?? null} where id = ${quote.id}`;
    assertEquals((await settledEstimate(stack, quote)).Quote_Stage, stage);
  }
});

Deno.test("completed KYC is on the Deal and on the Estimate", async () => {
  const { quote, customer } = await quoteFor(stack);
  const kyc = await insertKycSession(stack.sql, quote.id, {
    status: "in_progress",
    verification_result: null,
  });
  const contract = await insertContract(stack.sql, quote.id, { customer_id: customer.id });
  assertEquals((await settledEstimate(stack, quote)).KYC_Status, "In Progress");
  await stack.sql`
    update public.kyc_sessions set status = 'completed', verification_result = 'approved' where id = ${kyc.id}`;
  assertEquals((await settledEstimate(stack, quote)).KYC_Status, "Completed");
  await settled(stack, contract);
  assertEquals((await dealOf(stack, contract)).KYC_Status, "Completed");
});

Deno.test("a create with a lost answer makes one Estimate, its rows once", async () => {
  await stack.zoho.addFaults({ kind: "drop_reply", match: { method: "POST", module: "Quotes" }, times: 1 });
  const { quote } = await quoteFor(stack);
  const estimate = await settledEstimate(stack, quote);
  assertEquals((await linesOf(stack, estimate)).length, 2);
});

for (
  const [title, kind] of [
    ["whose answer is lost", "drop_reply"],
    // Deno's fetch sends again by itself when a kept connection closes without a byte.
    ["that reaches Zoho twice", "silent_drop"],
  ] as const
) {
  Deno.test(`an update ${title} adds its new rows once`, async () => {
    const { quote } = await quoteFor(stack);
    await settledEstimate(stack, quote);
    await stack.zoho.addFaults({ kind, match: { method: "PUT", module: "Quotes" }, times: 1 });
    await insertQuoteItem(stack.sql, quote.id, {
      service_name: "Router",
      installation_price: 0,
      display_order: 5,
    });
    const lines = await shownLines(stack, await settledEstimate(stack, quote));
    assertEquals(lines.map(({ product }) => product), [
      "BizFibre Connect 100",
      "BizFibre Connect 100 (installation)",
      "Router",
    ]);
  });
}

Deno.test("an update that is never answered is verified by the next drain, without a second row", async () => {
  const { quote } = await quoteFor(stack);
  await settledEstimate(stack, quote);
  await stack.zoho.addFaults(
    { kind: "drop_reply", match: { method: "PUT", module: "Quotes" }, times: 3 },
    silence,
  );
  await insertQuoteItem(stack.sql, quote.id, {
    service_name: "Router",
    installation_price: 0,
    display_order: 5,
  });
  const isPaused = async () =>
    (await stack.sql`select from public.zoho_sync_state where paused_until > now()`).length > 0;
  await until(isPaused, { what: "a pause" });
  await stack.zoho.clearFaults();
  await stack.sql`update public.zoho_sync_state set paused_until = null, pause_code = null where id`;
  await sweep(stack);
  assertEquals((await linesOf(stack, await settledEstimate(stack, quote))).length, 3);
});

Deno.test("an Estimate that sales made under the number is linked, and its own rows become ours", async () => {
  const product = await stack.zoho.create("Products", { Product_Name: "Something of theirs" });
  const reference = `BQ-LINK-${crypto.randomUUID().slice(0, 6)}`;
  const id = await stack.zoho.create("Quotes", {
    Subject: "By hand",
    Quote_Reference: reference,
    Quoted_Items: [1, 2, 3].map((price) => ({
      Product_Name: { id: product },
      Quantity: 1,
      List_Price: price,
    })),
  });
  const { quote } = await quoteFor(stack, { quote: { quote_number: reference } });
  const estimate = await settledEstimate(stack, quote);
  assertEquals(estimate.id, id);
  assertEquals(estimate.Subject, `Quote ${reference}`);
  assertEquals((await shownLines(stack, estimate)).map(({ product }) => product), [
    "BizFibre Connect 100",
    "BizFibre Connect 100 (installation)",
  ]);
});

Deno.test("a Product that sales deleted is forgotten and made again", async () => {
  const name = `Wireless ${crypto.randomUUID().slice(0, 6)}`;
  const { quote, items } = await quoteFor(stack, { items: [{ service_name: name, installation_price: 0 }] });
  await settledEstimate(stack, quote);
  const product = (await stack.zoho.records("Products")).find((each) => each.Product_Name === name);
  await fold(stack.sql);
  await stack.zoho.delete("Products", product?.id ?? "");
  await setPrice(items[0], 888);
  await until(
    async () =>
      (await stack.sql`select from public.zoho_sync_queue where error_code = 'LINK_FAILED'`).length > 0,
    {
      what: "a refused Product",
    },
  );
  await fold(stack.sql);
  await stack.sql`update public.zoho_sync_queue set next_attempt_at = now() where entity_id = ${quote.id}`;
  await sweep(stack);
  assertEquals(await shownLines(stack, await settledEstimate(stack, quote)), [
    { product: name, quantity: 1, price: 888, description: "per month, 24 months" },
  ]);
});

Deno.test("a Product that sales made under our code or under the name is used", async () => {
  const byCode = await stack.zoho.create("Products", {
    Product_Name: "Skyfibre (2024)",
    Product_Code: "CT-SKYFIBRE",
  });
  const byName = await stack.zoho.create("Products", { Product_Name: "Cloud PBX" });
  const { quote } = await quoteFor(stack, {
    items: [
      { service_name: "SkyFibre", installation_price: 0 },
      { service_name: "Cloud PBX", installation_price: 0 },
    ],
  });
  const lines = await linesOf(stack, await settledEstimate(stack, quote));
  assertEquals(lines.map(({ productId }) => productId), [byCode, byName]);
});

Deno.test("a quote of an internal_test customer, and one without a number, stay in CircleTel", async () => {
  const mark = await bookmark(stack);
  await quoteFor(stack, { customer: { account_type: "internal_test" } });
  const { quote } = await quoteFor(stack, { quote: { quote_number: null } });
  await fold(stack.sql);
  const [queued] = await stack.sql`
    select count(*)::int from public.zoho_sync_queue where entity_id = ${quote.id}`;
  assertEquals(queued?.count, 0);
  await settled(stack, quote);
  assertEquals((await zohoCallsSince(stack, mark)).filter((call) => call.includes("/Quotes")), []);
});

Deno.test("a deleted quote leaves its Estimate unchanged and writes a notice", async () => {
  const { quote } = await quoteFor(stack);
  await settledEstimate(stack, quote);
  await stack.sql`delete from public.business_quotes where id = ${quote.id}`;
  await settled(stack, quote);
  assertEquals((await recordsWith(stack, "Quotes", quote.quote_number)).length, 1);
  const [notice] = await stack
    .sql`select kind, message from public.zoho_notices where entity_id = ${quote.id}`;
  assertEquals(notice?.kind, "orphaned");
  assertEquals(
    notice?.message,
    `Quote ${quote.quote_number} was deleted in CircleTel; its Estimate was left as it is`,
  );
  const [mapping] = await stack
    .sql`select state from public.zoho_entity_mappings where circletel_id = ${quote.id}`;
  assertEquals(mapping?.state, "orphaned");
});

Deno.test("one refused quote does not delay the others of its call", async () => {
  await stack.zoho.addFaults({
    kind: "record_error",
    match: { module: "Quotes", field: "Subject", value: "Quote BQ-BAD" },
    code: "INVALID_DATA",
    details: { api_name: "Subject" },
  });
  const bad = await quoteFor(stack, { quote: { quote_number: "BQ-BAD" } });
  const good = await quoteFor(stack);
  await settledEstimate(stack, good.quote);
  const dead = await until(async () => {
    const row = await queueRow(stack, bad.quote);
    return row?.status === "dead" && row;
  }, { what: "a dead letter" });
  assertEquals(pick(dead, ["error_code", "error_field"]), {
    error_code: "INVALID_DATA",
    error_field: "Subject",
  });
});

Deno.test("a forced sync of a quote sends every field and no row twice", async () => {
  const { quote } = await quoteFor(stack);
  const { id } = await settledEstimate(stack, quote);
  await stack.zoho.edit("Quotes", id, { Quote_Stage: "On Hold" });
  const { status, body } = await stack.invoke("zoho-sync", {
    entity: "quote",
    id: quote.id,
    options: { forceSync: true },
  });
  assertEquals(status, 200);
  const { syncLogId, ...result } = Object(body);
  assertEquals(result, { success: true, zohoEntityId: id, zohoEntityType: "Estimates" });
  assertMatch(String(syncLogId), /^[0-9a-f-]{36}$/);
  const estimate = await settledEstimate(stack, quote);
  assertEquals(estimate.Quote_Stage, "Delivered");
  assertEquals((await linesOf(stack, estimate)).length, 2);
});
