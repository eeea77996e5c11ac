import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type { FaultInput } from "../../local/zoho/mod.ts";
import { insertQuote, type Row } from "../support/fixtures.ts";
import { bookmark, zohoCallsSince } from "../support/zoho_calls.ts";
import { idOf } from "../support/rows.ts";
import { dealOf, sell, settledDeal } from "../support/sale.ts";
import { until } from "../support/until.ts";
import {
  dealAttempts,
  heldBy,
  letPausePass,
  queueRow,
  settled,
  sweep,
  syncState,
  untilPausedBy,
} from "../support/queue.ts";
import {
  addInvoice,
  quoteFor,
  recordsWith,
  settledEstimate,
  settledInvoice,
  startAllTypes,
} from "./record_types_steps.ts";

// One poisoned record, one hidden module, one refused field: what they hold back, and what goes on.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startAllTypes();
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(async () => {
  await stack.zoho.clearFaults();
  await stack.zoho.changeSettings({ hiddenModules: [], noPermission: [], blueprint: null });
  await stack.sql`select public.zoho_resume()`;
});

const setRisk = (kyc: Row | null, tier: string) =>
  stack.sql`update public.kyc_sessions set risk_tier = ${tier} where id = ${kyc?.id ?? null}`;

function buyer(customer: Row | null): Row {
  if (customer === null) throw new Error("sold to nobody");
  return customer;
}

/** The queue row of an entity of which something was refused, once its drain has gone. */
const refusedRow = (entity: Row) =>
  until(async () => {
    const row = await queueRow(stack, entity);
    const isOver = (await syncState(stack)).drain_owner === null;
    return isOver && row?.status !== "in_flight" && row?.error_code ? row : undefined;
  }, { what: "a refused change", seen: () => queueRow(stack, entity) });

/** So many contracts of one quote, in one statement and so in one drain. */
async function insertContracts(prefix: string, count: number): Promise<Row[]> {
  // A quote without a number stays in CircleTel.
  const quote = await insertQuote(stack.sql, { quote_number: null });
  return await stack.sql<Row[]>`
    insert into public.contracts (contract_number, quote_id, contract_type, contract_term_months, start_date,
      total_contract_value)
    select ${prefix}::text || '-' || i, ${quote.id}, 'fibre', 24, '2026-12-01', i
    from generate_series(1, ${count}::int) i
    returning *`;
}

const making = { method: "POST", path: "/Deals$" };
const poisons: { title: string; prefix: string; fault: FaultInput; code: string; status: string }[] = [
  {
    title: "500 each time",
    prefix: "CT-P500",
    fault: { match: making, kind: "status", status: 500 },
    code: "INTERNAL_ERROR",
    status: "pending",
  },
  {
    title: "400 with a page of HTML",
    prefix: "CT-PHTML",
    fault: { match: making, kind: "status", status: 400, html: "<html>Bad Request</html>" },
    code: "HTTP_400",
    status: "dead",
  },
  {
    title: "413",
    prefix: "CT-P413",
    fault: { match: making, kind: "refuse_call", code: "FILE_TOO_LARGE" },
    code: "FILE_TOO_LARGE",
    status: "dead",
  },
  {
    title: "a firewall's 403 for its text",
    prefix: "CT-PTEXT",
    fault: { match: making, kind: "status", status: 403, html: "<html>blocked</html>" },
    code: "HTTP_403",
    status: "dead",
  },
];

for (const { title, prefix, fault, code, status } of poisons) {
  Deno.test(`one record of 400 that makes Zoho answer ${title} holds back only itself`, async () => {
    const number = `${prefix}-237`;
    await stack.zoho.addFaults({ ...fault, match: { ...fault.match, text: `"${number}"` } });
    const mark = await bookmark(stack);
    const contracts = await insertContracts(prefix, 400);
    const poisoned = contracts.find(({ contract_number }) => contract_number === number);
    if (poisoned === undefined) throw new Error(`${number} was not made`);
    await settled(stack, contracts.filter((each) => each !== poisoned));

    const made = (await stack.zoho.records("Deals")).map((deal) => String(deal.Contract_Number));
    assertEquals(made.filter((each) => each.startsWith(`${prefix}-`)).length, 399);
    const calls = (await zohoCallsSince(stack, mark)).filter((call) => /Deals/.test(call));
    assert(calls.length <= 4 + 20, `${calls.length} calls: ${calls.join(", ")}`);

    const row = await queueRow(stack, poisoned);
    assertEquals([row?.status, row?.error_code, row?.failed_rounds], [status, code, 1]);
    assertMatch(String(row?.error_message), /docs\/errors/);
    const [{ problems } = { problems: "" }] = await stack.sql<{ problems: string }[]>`
      select public.zoho_admin_problems()::text as problems`;
    assert(problems.includes(number), problems);
    assertEquals((await syncState(stack)).pause_code, null);

    // One row for each try that was the same, and none for each half.
    const tries = code === "INTERNAL_ERROR" ? 3 : 1;
    for (const each of [poisoned, ...contracts.slice(0, 3)]) {
      const rows = await dealAttempts(stack, each);
      assert(rows.length <= tries, `${each.contract_number}: ${rows.length} rows`);
    }
    assertEquals((await dealAttempts(stack, poisoned)).at(-1)?.status, "failed");
  });
}

Deno.test("hidden Products: only a quote that needs a new one waits, and KYC arrives", async () => {
  const { contract, kyc } = await sell(stack);
  await settledDeal(stack, contract);
  await stack.zoho.changeSettings({ hiddenModules: ["Products"] });
  const { quote } = await quoteFor(stack, { items: [{ service_name: "Hidden Fibre" }] });
  const { message } = await heldBy(stack, "Products", "INVALID_MODULE");
  assertMatch(String(message), /^Zoho's module Products .*quotes and invoices.*everything else goes on/);
  assertMatch(
    String(message),
    /synced_types = array_remove\(array_remove\(synced_types, 'quote'\), 'invoice'\)/,
  );
  const row = await queueRow(stack, quote);
  assertEquals([row?.status, row?.failed_rounds, row?.error_code], ["pending", 0, "INVALID_MODULE"]);

  await setRisk(kyc, "high");
  assertEquals((await settledDeal(stack, contract)).Risk_Tier, "High");
  assertEquals((await syncState(stack)).pause_code, null);

  await stack.zoho.changeSettings({ hiddenModules: [] });
  await stack.sql`select public.zoho_resume()`;
  assertEquals((await settledEstimate(stack, quote)).Subject, `Quote ${quote.quote_number}`);
});

Deno.test("forbidden Quotes: no call is made to them, and a Deal and an Invoice arrive", async () => {
  await stack.zoho.changeSettings({ noPermission: ["Quotes"] });
  const { quote, customer } = await quoteFor(stack);
  const { message } = await heldBy(stack, "Quotes", "NO_PERMISSION");
  assertMatch(String(message), /quotes wait.*array_remove\(synced_types, 'quote'\)/);
  const mark = await bookmark(stack);
  const late = await quoteFor(stack);
  const { contract } = await sell(stack, { quote: { quote_number: null } });
  const invoice = await addInvoice(stack, customer);
  await settledDeal(stack, contract);
  await settledInvoice(stack, invoice);
  assertEquals((await zohoCallsSince(stack, mark)).filter((call) => call.includes("Quotes")), []);

  await stack.zoho.changeSettings({ noPermission: [] });
  await letPausePass(stack);
  await sweep(stack);
  await settledEstimate(stack, quote);
  await settledEstimate(stack, late.quote);
});

Deno.test("hidden Contacts: a Deal is made without one, and gets it later", async () => {
  await stack.zoho.changeSettings({ hiddenModules: ["Contacts"] });
  const { contract } = await sell(stack);
  await heldBy(stack, "Contacts", "INVALID_MODULE");
  const deal = await settledDeal(stack, contract);
  assertEquals(deal.Contact_Name, null);
  const [row] = await stack.sql`select zoho_deal_id from public.contracts where id = ${contract.id}`;
  assertEquals(row?.zoho_deal_id, deal.id);

  await stack.zoho.changeSettings({ hiddenModules: [] });
  await stack.sql`select public.zoho_resume()`;
  await until(async () => idOf((await dealOf(stack, contract)).Contact_Name), { what: "the Deal's Contact" });
});

Deno.test("a module that fails while Zoho answers otherwise is held alone", async () => {
  await stack.zoho.addFaults({ match: { module: "Invoices" }, kind: "status", status: 500 });
  const { customer } = await quoteFor(stack);
  const invoice = await addInvoice(stack, customer);
  await heldBy(stack, "Invoices", "INTERNAL_ERROR");
  const { contract } = await sell(stack);
  await settledDeal(stack, contract);
  assertEquals([(await queueRow(stack, invoice))?.failed_rounds, (await syncState(stack)).pause_code], [
    0,
    null,
  ]);
});

Deno.test("a stage that a blueprint refuses waits alone: KYC and risk arrive in the same drain", async () => {
  const { contract, kyc } = await sell(stack, { contract: { status: "draft" } });
  const { Stage: before } = await settledDeal(stack, contract);
  await stack.zoho.advanceClock(3_000);
  await stack.zoho.changeSettings({ blueprint: { module: "Deals", field: "Stage" } });
  await stack.sql.begin(async (tx) => {
    await tx`update public.contracts set status = 'active' where id = ${contract.id}`;
    await tx`update public.kyc_sessions set risk_tier = 'high' where id = ${kyc?.id ?? null}`;
  });
  const row = await refusedRow(contract);
  assertEquals([row.status, row.error_code, row.error_field], ["pending", "RECORD_IN_BLUEPRINT", "Stage"]);
  const deal = await dealOf(stack, contract);
  assertEquals([deal.Risk_Tier, deal.Stage], ["High", before]);

  await stack.zoho.changeSettings({ blueprint: null });
  await stack.zoho.advanceClock(3_000);
  await stack.sql`update public.zoho_sync_queue set next_attempt_at = now() where entity_id = ${contract.id}`;
  await sweep(stack);
  assertEquals((await settledDeal(stack, contract)).Stage, "Closed Won");
});

const fieldCodes = ["INVALID_DATA", "PATTERN_NOT_MATCHED", "NOT_ALLOWED", "NEVER_SEEN", "DEPENDENT_MISMATCH"];

for (const code of fieldCodes) {
  Deno.test(`an amount refused with ${code} waits by field name, and the rest of the Deal is written`, async () => {
    const { contract, kyc } = await sell(stack);
    await settledDeal(stack, contract);
    await stack.zoho.addFaults({
      match: { module: "Deals", method: "PUT", field: "Amount" },
      kind: "record_error",
      code,
      at: "Amount",
    });
    const mark = await bookmark(stack);
    await stack.sql.begin(async (tx) => {
      await tx`update public.contracts set total_contract_value = 77 where id = ${contract.id}`;
      await tx`update public.kyc_sessions set risk_tier = 'high' where id = ${kyc?.id ?? null}`;
    });
    const row = await refusedRow(contract);
    assertEquals([row.error_code, row.error_field], [code, "Amount"]);
    assertEquals((await dealOf(stack, contract)).Risk_Tier, "High");
    assertEquals((await zohoCallsSince(stack, mark)).filter((call) => call === "PUT /Deals").length, 2);
    const rows = (await dealAttempts(stack, contract)).slice(-2);
    assertEquals(rows.map(({ status, request_payload }) => [status, Object.keys(request_payload)]), [
      ["failed", ["Amount", "Risk_Tier"]],
      ["success", ["Risk_Tier"]],
    ]);
  });
}

Deno.test("two refused fields of one record hold back only themselves", async () => {
  const { contract, kyc } = await sell(stack);
  await settledDeal(stack, contract);
  for (const field of ["Amount", "Closing_Date"]) {
    await stack.zoho.addFaults({
      match: { module: "Deals", method: "PUT", field },
      kind: "record_error",
      code: "INVALID_DATA",
      at: field,
    });
  }
  await stack.sql.begin(async (tx) => {
    await tx`update public.contracts set total_contract_value = 77, start_date = '2027-01-01' where id = ${contract.id}`;
    await tx`update public.kyc_sessions set risk_tier = 'high' where id = ${kyc?.id ?? null}`;
  });
  await refusedRow(contract);
  assertEquals((await dealOf(stack, contract)).Risk_Tier, "High");
});

Deno.test("a customer's refused e-mail blocks neither the Contact nor the Deal", async () => {
  await stack.zoho.addFaults({
    match: { module: "Contacts" },
    kind: "record_error",
    code: "INVALID_DATA",
    at: "Email",
    times: 2,
  });
  const { contract, customer } = await sell(stack);
  const row = await refusedRow(buyer(customer));
  assertEquals([row.error_code, row.error_field], ["INVALID_DATA", "Email"]);
  await settled(stack, contract);
  await dealOf(stack, contract);
  await stack.zoho.clearFaults();
  await stack.sql`update public.customers set email = 'mended@example.co.za' where id = ${
    customer?.id ?? null
  }`;
  const contactId = idOf((await settledDeal(stack, contract)).Contact_Name) ?? "";
  assertEquals((await stack.zoho.record("Contacts", contactId)).Email, "mended@example.co.za");
});

Deno.test("a refused Contact does not block its Deal", async () => {
  await stack.zoho.addFaults({
    match: { module: "Contacts" },
    kind: "record_error",
    code: "INVALID_DATA",
    at: "Last_Name",
  });
  const { contract, customer } = await sell(stack);
  const row = await refusedRow(buyer(customer));
  assertEquals([row.status, row.error_code, row.error_field], ["dead", "INVALID_DATA", "Last_Name"]);
  await settled(stack, contract);
  const deal = await dealOf(stack, contract);
  assertEquals([deal.Contact_Name, deal.KYC_Status], [null, "Completed"]);
});

Deno.test("an Estimate whose lines are refused on an update gets its other fields", async () => {
  const { quote, items } = await quoteFor(stack, { items: [{ service_name: "Inner Fibre" }] });
  await settledEstimate(stack, quote);
  await stack.zoho.addFaults({
    match: { module: "Quotes", method: "PUT", field: "Quoted_Items" },
    kind: "record_error",
    code: "NOT_ALLOWED",
    at: "Quoted_Items[0].Product_Name.id",
  });
  await stack.sql.begin(async (tx) => {
    await tx`update public.business_quote_items set monthly_price = 888 where id = ${items[0]?.id ?? null}`;
    await tx`update public.business_quotes set status = 'accepted' where id = ${quote.id}`;
  });
  const row = await refusedRow(quote);
  assertEquals([row.status, row.error_code, row.error_field], ["dead", "NOT_ALLOWED", "Quoted_Items"]);
  const [estimate] = await recordsWith(stack, "Quotes", quote.quote_number);
  assertEquals(estimate?.Quote_Stage, "Closed Won");
});

Deno.test(
  "a resumed sync sends one cheap read first, and everything else once that succeeds",
  async () => {
    const { contract } = await sell(stack);
    await settledDeal(stack, contract);
    await stack.zoho.addFaults({ match: { path: "/crm/" }, kind: "status", status: 503 });
    const contracts = await insertContracts("CT-PAUSE", 150);
    await untilPausedBy(stack, "INTERNAL_ERROR");
    const paused = await syncState(stack);
    assertEquals([paused.paused_by, paused.paused_at !== null], [null, true]);

    const booked = async () =>
      (await stack.sql`select sum(calls)::int as calls from public.zoho_credit_ledger`)[0]?.calls;
    const before = await booked();
    const still = await bookmark(stack);
    await letPausePass(stack);
    await sweep(stack);
    await until(async () => Number((await syncState(stack)).pause_count) === 2, { what: "another pause" });
    assertEquals(await zohoCallsSince(stack, still), ["GET /Deals"]);
    assertEquals(await booked(), Number(before) + 1, "a check that fails costs its call all the same");

    await stack.zoho.clearFaults();
    const back = await bookmark(stack);
    await letPausePass(stack);
    await sweep(stack);
    await settled(stack, contracts);
    const calls = await zohoCallsSince(stack, back);
    assertEquals([calls[0], calls.filter((call) => call === "POST /Deals").length], ["GET /Deals", 2]);
  },
);
