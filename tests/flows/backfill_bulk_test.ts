import { assert, assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { quickNet, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import {
  backfill,
  creditsSince,
  dealsMade,
  expectOneDealEach,
  finishedRun,
  insertOldContracts,
  letStepRunOut,
  runOf,
  startRun,
} from "../support/backfill.ts";
import { adminCall } from "../support/admin_calls.ts";
import { idOf } from "../support/rows.ts";
import { bookmark, callsSince } from "../support/zoho_calls.ts";
import { letLeasesRunOut, settled, sweep } from "../support/queue.ts";

// Above 5,000 records to be made, Zoho's bulk write makes them; the threshold is lowered where the number does not matter.

const quiet = { net: quickNet, cron: false, functions: ["zoho-sync", "zoho-admin"] };

/** Rings until the run's job is with Zoho, which will not be done with it before the clock is put forward. */
async function jobUnderWay(stack: Stack, id: string): Promise<void> {
  await until(async () => {
    await adminCall(stack, "POST /backfill/step");
    return (await runOf(stack, id)).jobs.some(({ state }) => state === "working");
  }, { everyMs: 200, what: "a bulk job with Zoho" });
}

const hour = 3_600_000;

Deno.test("6,000 contracts are made by one bulk job, at the price that the dry run said", () =>
  withStack(quiet, async (stack) => {
    await insertOldContracts(stack.sql, { count: 6_000, perCompany: 10, perCustomer: 10 });
    const rehearsed = await backfill(stack, { dryRun: true });
    assertEquals([rehearsed.planned?.create, rehearsed.method], [6_000, "bulk"]);
    const mark = await bookmark(stack);
    const { id } = await startRun(stack);
    const done = await finishedRun(stack, id, {});
    assertEquals([done.outcome?.create, done.outcome?.refuse, done.method], [6_000, 0, "bulk"]);
    await expectOneDealEach(stack, 6_000);
    const calls = await callsSince(stack, mark);
    assertEquals(calls.filter((call) => call.endsWith("/Deals/upsert")), []);
    const [deal] = await stack.zoho.records("Deals");
    assert(idOf(deal?.Account_Name) !== null && idOf(deal?.Contact_Name) !== null);
    const used = await creditsSince(stack, mark);
    assertEquals(done.credits.used, used);
    const estimated = rehearsed.credits.estimated ?? 0;
    // The number of polls is not known beforehand.
    assert(Math.abs(used - estimated) <= 0.02 * estimated, `${used} credits, ${estimated} were said`);
    const [log] = await stack.sql`
      select count(*)::int as n, count(distinct entity_id)::int as contracts from public.zoho_sync_logs
      where zoho_entity_type = 'Deals' and status = 'success' and cause = ${`backfill ${id}`}`;
    assertEquals([log?.n, log?.contracts], [6_000, 6_000]);
    const [left] = await stack.sql`select count(*)::int as n from zoho_sync.backfill_rows`;
    assertEquals(left?.n, 0);
  }));

Deno.test("what is edited while a bulk job runs is put right after it has landed older values", () =>
  withStack({ ...quiet, zoho: { settings: { bulkJobMs: hour } } }, async (stack) => {
    const { sql, zoho } = stack;
    await insertOldContracts(sql, { count: 120 });
    const { id } = await startRun(stack, { bulkAbove: 50 });
    await jobUnderWay(stack, id);

    // One edit is written by the drain before the job's row, one is not drained before the job has landed.
    const before = await sql<{ id: string }[]>`
      update public.contracts set total_contract_value = 7 where contract_number in ('CT-OLD-1', 'CT-OLD-2') returning id`;
    await settled(stack, before);
    assertEquals(await dealsMade(stack), 2);
    await stack.functions.kill("zoho-sync");
    await sql`update public.contracts set total_contract_value = 8 where contract_number = 'CT-OLD-3'`;
    await sql`update public.contracts set status = 'terminated' where contract_number = 'CT-OLD-2'`;
    await zoho.advanceClock(2 * hour);
    await until(async () => {
      await adminCall(stack, "POST /backfill/step");
      return (await runOf(stack, id)).jobs.every(({ state }) => state === "done");
    }, { everyMs: 200, what: "the end of the job" });
    const landed = await zoho.records("Deals");
    assertEquals(
      landed.find((deal) => deal.Contract_Number === "CT-OLD-1")?.Amount,
      1001,
      "no race was made",
    );

    await stack.functions.restart("zoho-sync");
    // The drain that was killed may have held its lease.
    await letLeasesRunOut(stack);
    await sweep(stack);
    await finishedRun(stack, id);
    await settled(stack, before);
    await expectOneDealEach(stack, 120);
    const held = new Map((await zoho.records("Deals")).map((deal) => [deal.Contract_Number, deal]));
    assertEquals(
      ["CT-OLD-1", "CT-OLD-2", "CT-OLD-3", "CT-OLD-4"].map((number) => held.get(number)?.Amount),
      [7, 7, 8, 1004],
    );
    assertEquals(held.get("CT-OLD-2")?.Stage, "Closed Lost");
  }));

Deno.test("an edit between staging and the file goes by the queue, and its row is not in the job", () =>
  withStack(quiet, async (stack) => {
    const { sql, zoho } = stack;
    await insertOldContracts(sql, { count: 120 });
    await stack.functions.kill("zoho-sync");
    const { id } = await startRun(stack, { bulkAbove: 50 });
    await until(async () => (await runOf(stack, id)).states.queued === 120, {
      what: "120 queued",
    });
    // As if another step were at work, so that the job is not filled while the drain stages.
    await sql`update public.zoho_backfill_runs set step_owner = gen_random_uuid(), step_until = now() + interval '1 hour'
      where id = ${id}`;
    await stack.functions.restart("zoho-sync");
    // The drain that was killed may have held its lease.
    await letLeasesRunOut(stack);
    await sweep(stack);
    await until(async () => (await runOf(stack, id)).states.staged === 120, {
      what: "120 staged",
    });
    const edited = await sql<{ id: string }[]>`
      update public.contracts set total_contract_value = 7 where contract_number = 'CT-OLD-9' returning id`;
    await settled(stack, edited);
    await letStepRunOut(stack);
    await finishedRun(stack, id);
    const [job] = (await runOf(stack, id)).jobs;
    assertEquals(job?.rows, 119);
    const deals = await zoho.records("Deals");
    assertEquals(deals.find((deal) => deal.Contract_Number === "CT-OLD-9")?.Amount, 7);
    await expectOneDealEach(stack, 120);
  }));

Deno.test("a row that bulk write refuses goes to the queue, which says why", () =>
  withStack({ ...quiet, zoho: { settings: { bulkJobMs: hour } } }, async (stack) => {
    const { sql, zoho } = stack;
    await insertOldContracts(sql, { count: 60 });
    const { id } = await startRun(stack, { bulkAbove: 50 });
    await jobUnderWay(stack, id);
    const [contact] = await sql<{ zoho_id: string }[]>`
      select m.zoho_id from public.zoho_entity_mappings m join public.customers c on c.id = m.circletel_id
      where c.last_name = 'Nkosi 5'`;
    await zoho.delete("Contacts", contact?.zoho_id ?? "");
    await zoho.advanceClock(2 * hour);
    const done = await finishedRun(stack, id);
    assertEquals(done.outcome?.reasons, { LINK_FAILED: 1 });
    const attempts = await sql`
      select l.status, l.error_message from public.zoho_sync_logs l join public.contracts c on c.id = l.entity_id
      where c.contract_number = 'CT-OLD-5' and l.zoho_entity_type = 'Deals' order by l.created_at`;
    assertEquals(attempts.map(({ status }) => status), ["failed", "failed"]);
    assert(String(attempts[0]?.error_message).startsWith("INVALID_DATA: refused by bulk write"));
    // Its time comes, and the Contact is made anew.
    await sql`update public.zoho_sync_queue set next_attempt_at = now() where true`;
    await sweep(stack);
    await until(async () => await dealsMade(stack) === 60, { what: "the last Deal" });
  }));

Deno.test("a bulk backfill that is killed at every step ends with one Deal each", () =>
  withStack({ ...quiet, zoho: { settings: { bulkJobMs: hour } } }, async (stack) => {
    await insertOldContracts(stack.sql, { count: 300, perCompany: 5, perCustomer: 5 });
    const { id } = await startRun(stack, { bulkAbove: 100 });
    const killed = async () => {
      await Promise.all(["zoho-admin", "zoho-sync"].map((name) => stack.functions.kill(name)));
      await Promise.all(["zoho-admin", "zoho-sync"].map((name) => stack.functions.restart(name)));
      await letStepRunOut(stack);
      await stack
        .sql`update public.zoho_sync_state set drain_until = now() - interval '1 second' where drain_until is not null`;
      await stack.sql`
        update public.zoho_sync_queue set lease_until = now() - interval '1 second' where status = 'in_flight'`;
      await sweep(stack);
    };
    await killed();
    await jobUnderWay(stack, id);
    // As if it had been killed between making the job and storing its id, and once more in the middle of the results.
    await stack
      .sql`update public.zoho_backfill_jobs set state = 'uploaded', zoho_job_id = null where run_id = ${id}`;
    await killed();
    await jobUnderWay(stack, id);
    await stack.zoho.advanceClock(2 * hour);
    await adminCall(stack, "POST /backfill/step");
    await killed();
    const { outcome } = await finishedRun(stack, id);
    assertEquals((outcome?.create ?? 0) + (outcome?.link ?? 0), 300);
    await expectOneDealEach(stack, 300);
  }));

Deno.test("a contract that is deleted while its row is with Zoho leaves an orphan and a notice", () =>
  withStack({ ...quiet, zoho: { settings: { bulkJobMs: hour } } }, async (stack) => {
    const { sql } = stack;
    await insertOldContracts(sql, { count: 60 });
    const { id } = await startRun(stack, { bulkAbove: 50 });
    await jobUnderWay(stack, id);
    await sql`delete from public.contracts where contract_number = 'CT-OLD-7'`;
    await stack.zoho.advanceClock(2 * hour);
    await finishedRun(stack, id);
    const [mapping] =
      await sql`select count(*)::int as n from public.zoho_entity_mappings where state = 'orphaned'`;
    const [notice] = await sql`
      select count(*)::int as n from public.zoho_notices where kind = 'orphaned' and zoho_id is not null`;
    assertEquals([mapping?.n, notice?.n], [1, 1]);
  }));
