import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness, insertQuote } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { claim, claimOne, done, insertContracts, rpc, settle } from "./steps.ts";

// What holds the drain back: a pause after a fault of the whole call, and the day's credits.

const WORKER = crypto.randomUUID();

Deno.test("pauses in a row double from 30 s to 15 min", () =>
  withDatabase("plain", async (sql) => {
    const seconds: number[] = [];
    for (let i = 0; i < 7; i++) seconds.push(await pause(sql));
    assertEquals(seconds, [30, 60, 120, 240, 480, 900, 900]);
  }));

Deno.test("a pause lasts as long as Zoho says, where it says so", () =>
  withDatabase("plain", async (sql) => {
    assertEquals(await pause(sql, 77), 77);
  }));

Deno.test("a claim during a pause takes nothing, returns the reason and releases the drain", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    await insertContracts(sql, quote.id, 2);
    await claim(sql, { worker: WORKER, limit: 1 });
    await pause(sql);
    const { acquired, paused, changes } = await claim(sql, { worker: WORKER });
    assertEquals([acquired, changes], [false, []]);
    assertEquals([paused?.code, paused?.message], ["RATE_LIMIT", "slow down"]);
    assert(typeof paused?.until === "string");
    assertEquals(await state(sql), { drain_owner: null, pause_count: 1, pause_code: "RATE_LIMIT" });
  }));

Deno.test("a pause until a person resumes has no end, and ends when they resume", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await rpc(sql, (tx) => tx`select zoho_pause('TOKEN_REVOKED', 'renew it', null, true)::text as answer`);
    const { paused } = await claim(sql, { worker: WORKER });
    assertEquals(paused, { until: null, code: "TOKEN_REVOKED", message: "renew it" });

    await rpc(sql, (tx) => tx`select zoho_resume() as answer`);
    assertEquals((await claimOne(sql, WORKER)).entity_id, contract.id);
    assertEquals((await state(sql)).pause_count, 0);
  }));

Deno.test("a success after an expired pause makes the next one short again", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    await pause(sql);
    await pause(sql);
    await endPause(sql);
    const change = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [done(change, "501")] });
    assertEquals((await state(sql)).pause_count, 0);
    assertEquals(await pause(sql), 30);
  }));

Deno.test("a failure after an expired pause makes the next one long", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    await pause(sql);
    await endPause(sql);
    const change = await claimOne(sql, WORKER);
    await settle(sql, { worker: WORKER, results: [{ ...done(change), outcome: "release" }] });
    assertEquals(await pause(sql), 60);
  }));

Deno.test("a success of a call started before the pause does not end it", () =>
  withDatabase("plain", async (sql) => {
    await insertBusiness(sql);
    const change = await claimOne(sql, WORKER);
    await pause(sql);
    await settle(sql, { worker: WORKER, results: [done(change, "501")] });
    assertEquals((await claim(sql, { worker: WORKER })).paused?.code, "RATE_LIMIT");
  }));

Deno.test("credits add up by quarter of an hour and lane", () =>
  withDatabase("plain", async (sql) => {
    const spend = (...credits: { lane: number; credits: number; calls: number }[]) =>
      settle(sql, { worker: WORKER, results: [], credits });
    await spend({ lane: 0, credits: 10, calls: 1 }, { lane: 2, credits: 5, calls: 1 });
    await spend({ lane: 0, credits: 1, calls: 1 });
    // A worker may report the calls of one batch one by one.
    await spend({ lane: 0, credits: 2, calls: 1 }, { lane: 0, credits: 3, calls: 1 });
    // Two quarters when the clock strikes between the calls.
    const ledger = await sql`
      select lane::int, sum(credits)::int as credits, sum(calls)::int as calls
      from zoho_credit_ledger group by lane order by lane`;
    assertEquals(ledger.map((row) => ({ ...row })), [
      { lane: 0, credits: 16, calls: 4 },
      { lane: 2, credits: 5, calls: 1 },
    ]);
  }));

const BUDGETS: { spent: number; hoursAgo: number; lanes: number[] }[] = [
  { spent: 0, hoursAgo: 0, lanes: [0, 1, 2] },
  { spent: 799, hoursAgo: 0, lanes: [0, 1, 2] },
  { spent: 800, hoursAgo: 0, lanes: [0, 1] },
  { spent: 949, hoursAgo: 0, lanes: [0, 1] },
  { spent: 950, hoursAgo: 0, lanes: [0] },
  { spent: 5_000, hoursAgo: 0, lanes: [0] },
  { spent: 950, hoursAgo: 23, lanes: [0] },
  { spent: 5_000, hoursAgo: 25, lanes: [0, 1, 2] },
];

Deno.test("the last fifth of the day's credits is closed to backfill, the last twentieth to all but compliance", () =>
  withDatabase("plain", async (sql) => {
    const quote = await insertQuote(sql);
    await insertContracts(sql, quote.id, 3);
    await fold(sql);
    await sql`
      update zoho_sync_queue q set lane = n.i - 1
      from (select entity_id, row_number() over () as i from zoho_sync_queue) n where n.entity_id = q.entity_id`;
    await sql`update zoho_sync_state set daily_credits = 1000 where id`;

    const found = [];
    for (const { spent, hoursAgo } of BUDGETS) {
      await sql`delete from zoho_credit_ledger where true`;
      await sql`
        insert into zoho_credit_ledger (quarter, lane, credits)
        values (now() - make_interval(hours => ${hoursAgo}), 1, ${spent})`;
      await fold(sql);
      await sql`
        update zoho_sync_queue set status = 'pending', lease_owner = null, lease_until = null where true`;
      // A claim is of live changes or of backfill; the second one takes what is left.
      const { changes } = await claim(sql, { worker: WORKER });
      const { changes: rest } = await claim(sql, { worker: WORKER });
      found.push({ spent, hoursAgo, lanes: [...changes, ...rest].map((change) => change.lane) });
    }
    assertEquals(found, BUDGETS);
  }));

/** Pauses and answers for how many seconds. */
async function pause(sql: postgres.Sql, seconds: number | null = null): Promise<number> {
  return await rpc<number>(
    sql,
    (tx) =>
      tx`select extract(epoch from zoho_pause('RATE_LIMIT', 'slow down', ${seconds}) - now())::float as answer`,
  );
}

async function endPause(sql: postgres.Sql): Promise<void> {
  await sql`update zoho_sync_state set paused_until = now() - interval '1 second' where id`;
}

async function state(sql: postgres.Sql) {
  const [row] = await sql<{ drain_owner: string | null; pause_count: number; pause_code: string | null }[]>`
    select drain_owner, pause_count, pause_code from zoho_sync_state`;
  return { ...row };
}
