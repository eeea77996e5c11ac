import { assert, assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { adminCall, refused } from "../support/admin_calls.ts";
import { inBase64, keyOf } from "../support/samples/settings.ts";
import { insertCustomer, insertQuote, insertQuoteItem } from "../support/fixtures.ts";
import { renewedStack } from "../support/renewed_stack.ts";
import { quickNet, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import {
  completeBackfill,
  dealsMade,
  expectOneDealEach,
  finishedRun,
  insertOldContracts,
  letStepRunOut,
  runOf,
  startRun,
} from "../support/backfill.ts";
import { unnoticed } from "../support/unnoticed.ts";
import { dealOf, insertSale, sell } from "../support/sale.ts";
import { bookmark, creditsSince } from "../support/zoho_calls.ts";
import { letLeasesRunOut, settled, sweep, syncState } from "../support/queue.ts";
import { fold } from "../support/fold.ts";

// Backfill as an operator asks for it: zoho-admin over HTTP, the real drain, the simulator.

const quiet = { net: quickNet, cron: false, functions: ["zoho-sync", "zoho-admin"] };

const renewed = renewedStack(quiet);
Deno.test.afterAll(() => renewed.stop());
const withRenewed = async (test: (stack: Stack) => Promise<void>) => test(await renewed.renew());

Deno.test("a dry run reports every outcome and changes nothing; the real run does the same at the same price", () =>
  withRenewed(async (stack) => {
    const { sql, zoho } = stack;
    const [skipped, updated, deleted] = [await sell(stack), await sell(stack), await sell(stack)];
    await settled(stack, [skipped.contract, updated.contract, deleted.contract]);
    const linked = await unnoticed(sql, async (tx) => {
      for (let n = 0; n < 3; n++) await insertSale(tx);
      await insertSale(tx, { customer: { account_type: "internal_test" } });
      const broken = await insertSale(tx);
      await tx`update public.contracts set fully_signed_date = 'infinity' where id = ${broken.contract.id}`;
      await tx`update public.contracts set total_contract_value = 7 where id = ${updated.contract.id}`;
      await tx`update public.zoho_entity_mappings set state = 'deleted_in_zoho'
        where circletel_id = ${deleted.contract.id}`;
      return await insertSale(tx);
    });
    await zoho.delete("Deals", (await dealOf(stack, deleted.contract)).id);
    const linkedDeal = await zoho.create("Deals", {
      Deal_Name: "As sales knew it",
      Contract_Number: String(linked.contract.contract_number),
      Stage: "Qualification",
    });
    await zoho.advanceClock(3_000);

    const before = await bookmark(stack);
    const rehearsed = await completeBackfill(stack, { dryRun: true });
    const plan = {
      create: 3,
      update: 1,
      skip: 1,
      link: 1,
      refuse: 3,
      reasons: { BAD_SOURCE: 1, INTERNAL_TEST: 1, RECORD_NOT_FOUND: 1 },
    };
    assertEquals(rehearsed.outcome, plan);
    assertEquals((await zoho.changes({ since: before.changes })).changes, [], "the dry run wrote");
    assertEquals(await creditsSince(stack, before), rehearsed.credits.used);
    await fold(sql);
    const [queued] = await sql`select count(*)::int as n from public.zoho_sync_queue`;
    assertEquals(queued?.n, 0);

    const mark = await bookmark(stack);
    const done = await completeBackfill(stack);
    assertEquals(done.outcome, plan);
    assertEquals(await creditsSince(stack, mark), rehearsed.credits.estimated);
    assertEquals(done.credits.used, rehearsed.credits.estimated);
    assertEquals((await dealOf(stack, updated.contract)).Amount, 7);
    assertEquals((await dealOf(stack, linked.contract)).id, linkedDeal);
    assertEquals((await zoho.records("Deals")).length, 6);
  }));

Deno.test("--since takes only rows created since then, and the report omits the rest", () =>
  withRenewed(async (stack) => {
    await insertOldContracts(stack.sql, { count: 10 });
    // Number n was made n minutes into 2025.
    const { outcome: planned } = await completeBackfill(stack, {
      dryRun: true,
      since: "2025-01-01T02:07:00+02:00",
    });
    assertEquals([planned?.create, planned?.skip, planned?.refuse], [4, 0, 0]);
    await completeBackfill(stack, { since: "2025-01-01T02:07:00+02:00" });
    const numbers = (await stack.zoho.records("Deals")).map((deal) => deal.Contract_Number).sort();
    assertEquals(numbers, ["CT-OLD-10", "CT-OLD-7", "CT-OLD-8", "CT-OLD-9"]);
  }));

Deno.test("wrong backfill options are refused by name, and two real runs at once are one", () =>
  withRenewed(async (stack) => {
    const asked = (body: Record<string, unknown>) => refused(stack, "POST /backfill", body);
    assertEquals((await asked({ entity: "lead" })).field, "entity");
    assertEquals((await asked({ entity: "contract", since: "yesterday" })).field, "since");
    assertEquals((await asked({ entity: "contract", dry: true })).field, "dry");
    assertEquals((await refused(stack, "GET /backfill?run=1")).field, "run");
    assertEquals((await refused(stack, `GET /backfill?run=${crypto.randomUUID()}`)).status, 404);
    assertEquals((await refused(stack, "POST /backfill/cancel", { run: crypto.randomUUID() })).status, 404);

    await insertOldContracts(stack.sql, { count: 1 });
    await stack.functions.kill("zoho-sync");
    const { id } = await startRun(stack);
    const second = await asked({ entity: "contract" });
    assertEquals([second.status, second.code], [409, "BACKFILL_RUNNING"]);
    assert(second.message.includes(id));
    await stack.functions.restart("zoho-sync");
  }));

Deno.test("1,000 contracts of many companies cost the credits that the dry run reported", () =>
  withRenewed(async (stack) => {
    await insertOldContracts(stack.sql, { count: 1_000, perCompany: 7, perCustomer: 3 });
    const before = await bookmark(stack);
    const { credits: rehearsed, outcome: planned } = await completeBackfill(stack, { dryRun: true });
    assertEquals(planned?.create, 1_000);
    assertEquals(await creditsSince(stack, before), rehearsed.used);
    const mark = await bookmark(stack);
    const { credits, outcome } = await completeBackfill(stack);
    assertEquals(outcome?.create, 1_000);
    assertEquals(credits.used, await creditsSince(stack, mark));
    assertEquals(credits.used, rehearsed.estimated);
    assertEquals((await stack.zoho.records("Accounts")).length, 143);
    assertEquals((await stack.zoho.records("Contacts")).length, 334);
  }));

Deno.test("a backfill that is killed again and again ends with one Deal each", () =>
  withStack({ ...quiet, cron: true }, async (stack) => {
    await insertOldContracts(stack.sql, { count: 1_500, perCompany: 10, perCustomer: 10 });
    await stack.zoho.changeSettings({ latencyMs: 50 });
    const { id } = await startRun(stack, { dryRun: true });
    await stack.functions.kill("zoho-admin");
    await stack.functions.restart("zoho-admin");
    await letStepRunOut(stack);
    assertEquals((await finishedRun(stack, id)).outcome?.create, 1_500);

    const { id: real } = await startRun(stack);
    for (const made of [200, 700, 1_200]) {
      await until(async () => (await dealsMade(stack)) >= made, {
        what: `${made} Deals`,
      });
      await stack.functions.kill("zoho-sync");
      await stack.functions.kill("zoho-admin");
      await Promise.all([stack.functions.restart("zoho-sync"), stack.functions.restart("zoho-admin")]);
      await letLeasesRunOut(stack);
      await letStepRunOut(stack);
      await sweep(stack);
    }
    const { outcome } = await finishedRun(stack, real, {});
    assertEquals((outcome?.create ?? 0) + (outcome?.link ?? 0), 1_500);
    await expectOneDealEach(stack, 1_500);
  }));

const [oldKey, newKey] = [inBase64(keyOf(1)), inBase64(keyOf(2))];

Deno.test("a token key that is replaced in the middle of a backfill loses nothing", () =>
  withStack({ ...quiet, functionEnv: { ZOHO_TOKEN_ENCRYPTION_KEY: oldKey } }, async (stack) => {
    await insertOldContracts(stack.sql, { count: 800, perCompany: 10, perCustomer: 10 });
    await stack.zoho.changeSettings({ latencyMs: 50 });
    const { id } = await startRun(stack);
    const seen = async () => ({ run: await runOf(stack, id), state: await syncState(stack) });
    await until(async () => (await dealsMade(stack)) >= 200, { what: "the first Deals", seen });
    const ZOHO_TOKEN_ENCRYPTION_KEY = `${newKey},${oldKey}`;
    await Promise.all(
      ["zoho-sync", "zoho-admin"].map((name) => stack.functions.restart(name, { ZOHO_TOKEN_ENCRYPTION_KEY })),
    );
    await letLeasesRunOut(stack);
    await sweep(stack);
    const { outcome } = await finishedRun(stack, id);
    assertEquals([outcome?.refuse, outcome?.reasons], [0, {}]);
    await expectOneDealEach(stack, 800);
  }));

Deno.test("a cancelled backfill leaves the rest of the queue alone, and its remaining rows unwritten", () =>
  withRenewed(async (stack) => {
    await insertOldContracts(stack.sql, { count: 300 });
    await stack.functions.kill("zoho-sync");
    const { id } = await startRun(stack);
    const isQueued = async () => (await runOf(stack, id)).states.queued === 300;
    await until(isQueued, { what: "300 queued" });
    const live = await sell(stack);
    const { status, body } = await adminCall(stack, "POST /backfill/cancel", { run: id });
    assertEquals([status, (body.run as { status: string }).status], [200, "cancelled"]);
    await stack.functions.restart("zoho-sync");
    await sweep(stack);
    await settled(stack, live.contract);
    assertEquals((await stack.zoho.records("Deals")).length, 1);
    assertEquals((await runOf(stack, id)).states, { cancelled: 300 });
  }));

Deno.test("a backfill that runs out of the day's credits waits and says so, and live changes go on", () =>
  withRenewed(async (stack) => {
    await insertOldContracts(stack.sql, { count: 30 });
    await stack.sql`
      insert into public.zoho_credit_ledger (quarter, lane, credits) values (now() - interval '1 hour', 1, 41000)`;
    const { id, waitsFor } = await startRun(stack);
    assertEquals(waitsFor, "CREDITS");
    const live = await sell(stack);
    await settled(stack, live.contract);
    assertEquals((await stack.zoho.records("Deals")).length, 1);
    await stack.sql`delete from public.zoho_credit_ledger where true`;
    assertEquals((await finishedRun(stack, id)).outcome?.create, 30);
  }));

Deno.test("quotes, customers and invoices are backfilled like contracts, as the dry run reported", () =>
  withRenewed(async (stack) => {
    const { sql } = stack;
    await sql`update public.zoho_sync_state set synced_types = '{contract,quote,customer,invoice}' where id`;
    await unnoticed(sql, async (tx) => {
      const customer = await insertCustomer(tx);
      const quote = await insertQuote(tx, { customer_id: customer.id });
      await insertQuoteItem(tx, quote.id);
      await insertQuote(tx, { customer_id: customer.id, quote_number: null });
      await insertCustomer(tx, { account_type: "personal" });
      await tx`insert into public.customer_invoices (customer_id, invoice_number, invoice_date, due_date, total_amount, status)
        values (${customer.id}, 'INV-1', '2026-11-01', '2026-11-30', 2298.85, 'sent')`;
    });
    const wanted = {
      customer: [1, { CONSUMER: 1 }],
      quote: [1, { NO_NUMBER: 1 }],
      invoice: [1, {}],
    } as const;
    for (const entity of ["customer", "quote", "invoice"] as const) {
      const rehearsed = await completeBackfill(stack, { entity, dryRun: true });
      assertEquals([rehearsed.outcome?.create, rehearsed.outcome?.reasons], wanted[entity], entity);
      const mark = await bookmark(stack);
      const done = await completeBackfill(stack, { entity });
      assertEquals(done.outcome, rehearsed.outcome, entity);
      assertEquals(await creditsSince(stack, mark), rehearsed.credits.estimated, entity);
    }
    for (const module of ["Contacts", "Quotes", "Invoices"]) {
      assertEquals((await stack.zoho.records(module)).length, 1, module);
    }
  }));

Deno.test("customers whose e-mail belongs to a Contact of sales are linked or raise a question, as the dry run reported", () =>
  withRenewed(async (stack) => {
    const { sql } = stack;
    await sql`update public.zoho_sync_state set synced_types = '{customer}' where id`;
    const email = "office@shared.example";
    await unnoticed(sql, async (tx) => {
      await insertCustomer(tx, { first_name: "Thandi", last_name: "Nkosi", email: "thandi@example.co.za" });
      await insertCustomer(tx, { first_name: "Sipho", last_name: "Dlamini", email });
      await insertCustomer(tx, { email: " " });
    });
    await stack.zoho.create("Contacts", { Last_Name: "Nkosi", Email: "Thandi@example.co.za" });
    await stack.zoho.create("Contacts", { Last_Name: "Reception", Email: email });
    const rehearsed = await completeBackfill(stack, { entity: "customer", dryRun: true });
    assertEquals(rehearsed.outcome, {
      create: 1,
      update: 0,
      skip: 0,
      link: 1,
      refuse: 1,
      reasons: { QUESTION: 1 },
    });
    const mark = await bookmark(stack);
    await completeBackfill(stack, { entity: "customer" });
    assertEquals(await creditsSince(stack, mark), rehearsed.credits.estimated);
    assertEquals((await stack.zoho.records("Contacts")).length, 3);
  }));
