import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertQuote } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { claim, done, emptyQueue, insertContracts, settle } from "./steps.ts";

// How a backfill's list becomes queue rows, page by page, and what becomes of the run.

const worker = crypto.randomUUID();

/** Contracts that are not queued, oldest first. */
async function oldContracts(sql: postgres.Sql, count: number): Promise<string[]> {
  const ids = await insertContracts(sql, (await insertQuote(sql)).id, count);
  for (const [minutes, id] of ids.entries()) {
    await sql`update contracts set created_at = timestamptz '2025-01-01' + ${minutes} * interval '1 minute'
      where id = ${id}`;
  }
  await emptyQueue(sql);
  return ids;
}

async function start(sql: postgres.Sql): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    select zoho_backfill_start('contract', false, 'secret key') ->> 'id' as id`;
  return row?.id ?? "";
}

async function enqueue(sql: postgres.Sql, run: string, limit: number): Promise<number> {
  const [row] = await sql<{ n: number }[]>`select zoho_backfill_enqueue(${run}, ${limit}) as n`;
  return row?.n ?? -1;
}

async function statusOf(sql: postgres.Sql, run: string) {
  const [row] = await sql<{ run: { status: string; states: Record<string, number> } }[]>`
    select zoho_backfill_status(${run}) -> 0 as run`;
  return [row?.run.status, row?.run.states];
}

Deno.test("a list longer than a page is queued page by page, oldest first, and the run ends after the last one", () =>
  withDatabase("plain", async (sql) => {
    const ids = await oldContracts(sql, 5);
    const run = await start(sql);
    const order: string[] = [];
    const workThroughQueue = async () => {
      for (;;) {
        const { changes: [change] } = await claim(sql, { worker, limit: 1 });
        if (!change) return;
        order.push(change.entity_id);
        await settle(sql, { worker, results: [done(change)] });
      }
    };
    assertEquals(await enqueue(sql, run, 2), 2);
    await workThroughQueue();
    assertEquals(await statusOf(sql, run), ["running", { new: 3, done: 2 }]);
    assertEquals([await enqueue(sql, run, 2), await enqueue(sql, run, 2), await enqueue(sql, run, 2)], [
      2,
      1,
      0,
    ]);
    assertEquals(await statusOf(sql, run), ["running", { queued: 3, done: 2 }]);
    await workThroughQueue();
    assertEquals(order, ids);
    assertEquals(await statusOf(sql, run), ["finished", { done: 5 }]);
  }));

Deno.test("an edit made after a backfill queued its row stays queued when the backfill is cancelled", () =>
  withDatabase("plain", async (sql) => {
    const [edited = "", ...others] = await oldContracts(sql, 4);
    const run = await start(sql);
    assertEquals(await enqueue(sql, run, 3), 3);
    await sql`update contracts set total_contract_value = 7 where id = ${edited}`;
    const [cancelled] = await sql`select zoho_backfill_cancel(${run}) as answer`;
    assertEquals(cancelled?.answer, { cancelled: others.length });
    await fold(sql);
    const left = await sql`select entity_id, lane from zoho_sync_queue`;
    assertEquals([...left], [{ entity_id: edited, lane: 0 }]);
    assertEquals(await statusOf(sql, run), ["cancelled", { queued: 1, cancelled: 3 }]);
  }));

Deno.test("a list longer than one statement goes on where it stopped, oldest first, each entity once", () =>
  withDatabase("plain", async (sql) => {
    const ids = await oldContracts(sql, 7);
    // Made in the same moment, and at a moment that is not known, which production allows.
    await sql`alter table contracts alter created_at drop not null`;
    await sql`update contracts set created_at = timestamptz '2025-01-01' where id = any (${ids.slice(0, 4)})`;
    await sql`update contracts set created_at = null where id = ${ids[6] ?? ""}`;
    await emptyQueue(sql);
    const run = await start(sql);
    await sql`delete from zoho_backfill_items where run_id = ${run}`;
    await sql`update zoho_backfill_runs set is_listed = false, listed = 0, listed_made_at = '-infinity',
      listed_id = '00000000-0000-0000-0000-000000000000' where id = ${run}`;
    const listed = async () => {
      await sql`select zoho_sync.backfill_list(${run}, 3)`;
      return (await sql`select entity_id from zoho_backfill_items where run_id = ${run} order by position`)
        .map(({ entity_id }) => entity_id);
    };
    const expected = [...ids.slice(0, 4).toSorted(), ...ids.slice(4)];
    assertEquals(await listed(), expected.slice(0, 3));
    assertEquals(await listed(), expected.slice(0, 6));
    assertEquals(await statusOf(sql, run), ["running", { new: 6 }]);
    assertEquals(await listed(), expected);
    assertEquals(await listed(), expected);
    const [row] = await sql`select total, is_listed from zoho_backfill_runs where id = ${run}`;
    assertEquals({ ...row }, { total: 7, is_listed: true });
  }));

Deno.test("a backfill queues no more than is quickly looked at", () =>
  withDatabase("plain", async (sql) => {
    await oldContracts(sql, 5);
    const run = await start(sql);
    const enqueueAhead = async () =>
      (await sql`select zoho_backfill_enqueue(${run}, 3, p_ahead => 4) as n`)[0]?.n;
    assertEquals([await enqueueAhead(), await enqueueAhead(), await enqueueAhead()], [3, 1, 0]);
    const { changes } = await claim(sql, { worker, limit: 2 });
    await settle(sql, { worker, results: changes.map((change) => done(change)) });
    assertEquals(await statusOf(sql, run), ["running", { new: 1, queued: 2, done: 2 }]);
    assertEquals(await enqueueAhead(), 1);
  }));
