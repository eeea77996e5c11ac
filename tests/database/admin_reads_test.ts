import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { fillForOperators, fillSearch } from "../support/fill_admin.ts";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { claim, done, settle } from "./steps.ts";

// What operators read must not grow with the log: which indexes the reads use, and what they count.

const WORKER = crypto.randomUUID();
const size = { contracts: 5_000, logs: 100_000, recent: 10_000, queued: 5_000, events: 20_000 };

interface RowsRead {
  /** One after the other. */
  inOrder: number;
  /** By an index, whether or not a filter threw them away. */
  byIndex: number;
}

/** What was read from each table, by the statistics of this session's statements. */
async function rowsRead(sql: postgres.Sql, statement: string): Promise<Map<string, RowsRead>> {
  const counts = async () => {
    await sql`select pg_stat_force_next_flush()`;
    await sql`select pg_stat_clear_snapshot()`;
    const rows = await sql<{ relname: string; in_order: string; by_index: string }[]>`
      select relname, seq_tup_read as in_order, coalesce(idx_tup_fetch, 0) as by_index
      from pg_stat_user_tables where schemaname in ('public', 'zoho_sync')`;
    return new Map(
      rows.map((row) => [row.relname, { inOrder: Number(row.in_order), byIndex: Number(row.by_index) }]),
    );
  };
  const before = await counts();
  await sql.unsafe(statement);
  const after = await counts();
  return new Map([...after].map(([name, read]) => [name, {
    inOrder: read.inOrder - (before.get(name)?.inOrder ?? 0),
    byIndex: read.byIndex - (before.get(name)?.byIndex ?? 0),
  }]));
}

/** A read of a page goes through no more rows of a table; the smallest of the large tables has 5,000. */
const mostByIndex = 2_500;

/** Each read, and the large tables that it may read from end to end. */
const READS: [what: string, statement: string, whole?: string[]][] = [
  // Counting the queue by lane and status is looking at it: 25 ms at 100,000 rows.
  ["the status", "select public.zoho_admin_status()", ["zoho_sync_queue"]],
  ["a page of the queue", "select public.zoho_admin_queue()"],
  ["a page of dead letters", "select public.zoho_admin_queue(p_status => 'dead', p_limit => 20)"],
  ["problems", "select public.zoho_admin_problems()"],
  ["one cause", "select public.zoho_admin_queue(p_code => 'BAD_SOURCE')"],
  ["a contract", "select public.zoho_admin_contract('CT-2026-77')"],
  ["its history", "select public.zoho_admin_history('contract', md5('contract 77')::uuid)"],
  ["events", "select public.zoho_admin_events()"],
  ["failed events", "select public.zoho_admin_events(p_status => 'failed')"],
  ["events of one module", "select public.zoho_admin_events(p_module => 'Contacts', p_limit => 20)"],
  [
    "events of one day long ago",
    "select public.zoho_admin_events(p_from => now() - interval '60 days', p_to => now() - interval '59 days')",
  ],
  ["events with news only", "select public.zoho_admin_events(p_nothing_new => false)"],
  [
    "events of one contract by its number",
    "select public.zoho_admin_events(p_text => 'ct-2026-77', p_nothing_new => false)",
  ],
  ["events of a record", "select public.zoho_admin_events(p_text => '5000000000077')"],
  ["attempts", "select public.zoho_admin_attempts()"],
  ["failed attempts", "select public.zoho_admin_attempts(p_status => 'failed')"],
  ["attempts that are tried again", "select public.zoho_admin_attempts(p_status => 'retrying')"],
  ["attempts of one fault", "select public.zoho_admin_attempts(p_text => 'invalid_data')"],
  ["attempts of a fault that never was", "select public.zoho_admin_attempts(p_text => 'NO_SUCH_FAULT')"],
  ["attempts of one contract by its number", "select public.zoho_admin_attempts(p_text => 'ct-2026-77')"],
  [
    "attempts of one day long ago",
    "select public.zoho_admin_attempts(p_from => now() - interval '60 days', p_to => now() - interval '59 days')",
  ],
  ["failures", "select public.zoho_admin_queue(p_failed => true)"],
  [
    "failures of one contract by its number",
    "select public.zoho_admin_queue(p_failed => true, p_text => 'ct-2026-50')",
  ],
  [
    "failures of one day",
    "select public.zoho_admin_queue(p_failed => true, p_from => now() - interval '1 hour')",
  ],
  ["a search", "select public.zoho_admin_search('{ct-2026-77}')"],
  ["incidents", "select public.zoho_admin_incidents()"],
  ["holds", "select public.zoho_admin_holds()"],
  ["one event", "select public.zoho_admin_event((select id from public.zoho_webhook_events limit 1))"],
  ["open questions", "select public.zoho_open_questions()"],
  ["questions of one contract", "select public.zoho_open_questions('contract', md5('contract 77')::uuid)"],
  ["acts", "select public.zoho_admin_actions_page()"],
  ["runs", "select public.zoho_admin_runs()"],
  ["notices", "select public.zoho_admin_notices()"],
  ["settings", "select public.zoho_admin_settings()"],
];

Deno.test("admin API: no read scans the log, the mappings, the contracts or the events in full", () =>
  withDatabase("plain", async (sql, database) => {
    await fillForOperators(sql, size);
    await fold(sql);
    await fillSearch(sql);
    const large = [
      "zoho_sync_logs",
      "zoho_entity_mappings",
      "contracts",
      "zoho_webhook_events",
      "zoho_sync_queue",
      "zoho_admin_actions",
    ];
    assert(database.url.length > 0);
    const strays: [string, string, RowsRead][] = [];
    for (const [what, statement, whole = []] of READS) {
      const read = await rowsRead(sql, statement);
      for (const table of large.filter((name) => !whole.includes(name))) {
        const { inOrder, byIndex } = read.get(table) ?? { inOrder: 0, byIndex: 0 };
        // One row may be taken from anywhere (`limit 1`).
        if (inOrder > 10 || byIndex > mostByIndex) strays.push([what, table, { inOrder, byIndex }]);
      }
    }
    assertEquals(strays, []);
    // The count of all rows is what this test would look like if it could not see.
    assert(
      ((await rowsRead(sql, "select count(error_message) from public.zoho_sync_logs where cause <> ''"))
        .get("zoho_sync_logs")?.inOrder ?? 0) > size.logs,
    );
  }));

interface QueueStatus {
  waiting: number;
  noted: number;
  unsent: number;
}

async function readQueue(sql: postgres.Sql): Promise<QueueStatus> {
  const [row] = await sql<{ status: { waiting: number; noted: number; oldestUnsentSeconds: number } }[]>`
    select (public.zoho_admin_status()) -> 'queue' as status`;
  const { waiting = -1, noted = -1, oldestUnsentSeconds = -1 } = row?.status ?? {};
  return { waiting, noted, unsent: oldestUnsentSeconds };
}

Deno.test("a status folds a few notes and leaves a large statement's to a drain, and counts its rows as waiting", () =>
  withDatabase("plain", async (sql) => {
    const note = (rows: number) =>
      sql`
      insert into zoho_sync.outbox (source_table, operation, ids, is_exact, rings, noted_at)
      select 'contracts', 'INSERT', array(select gen_random_uuid() from generate_series(1, ${rows}::int)), true, false,
        now() - interval '10 minutes'`;
    await note(1000);
    assertEquals((await readQueue(sql)).noted, 0);
    await sql`delete from public.zoho_sync_queue where true`;

    await note(1001);
    const { waiting, noted, unsent } = await readQueue(sql);
    assertEquals([waiting, noted], [1001, 1001]);
    assert(unsent >= 600, `${unsent} s`);
    const [left] = await sql<{ notes: number }[]>`select count(*)::int as notes from zoho_sync.outbox`;
    assertEquals(left?.notes, 1);
  }));

interface Day {
  hours: { hour: string; succeeded: number; failed: number; settled: number; p50Ms: number | null }[];
  succeeded: number;
  failed: number;
  settled: number;
  successRate: number | null;
  p50Ms: number | null;
  p95Ms: number | null;
}

async function readDay(sql: postgres.Sql): Promise<Day> {
  const [row] = await sql<{ day: Day }[]>`select zoho_sync.status_day() as day`;
  if (!row) throw new Error("no day");
  return row.day;
}

Deno.test("rolled-up hours count the same as those that were not", () =>
  withDatabase("plain", async (sql) => {
    await sql`
      insert into public.zoho_sync_logs (entity_type, entity_id, status, drain_id, created_at)
      select 'contract', gen_random_uuid(), case when n % 10 = 0 then 'failed' when n % 10 = 1 then 'retrying' else 'success' end,
        gen_random_uuid(), now() - n * interval '1 minute'
      from generate_series(1, 1400) n`;
    // What the inward way did is no attempt of ours.
    await sql`
      insert into public.zoho_sync_logs (entity_type, entity_id, status, cause)
      values ('contract', gen_random_uuid(), 'success', 'zoho: update')`;
    const live = await readDay(sql);
    assertEquals([live.succeeded, live.failed, live.successRate], [1120, 280, 0.8]);
    await sql`select zoho_sync.roll_hours()`;
    const [rolled] = await sql`select count(*)::int as hours from zoho_sync.attempt_hours`;
    assert(Number(rolled?.hours) >= 23);
    assertEquals(await readDay(sql), live);
    await sql`select zoho_sync.roll_hours()`;
    assertEquals(await readDay(sql), live);
  }));

Deno.test("change durations run from the edit to the settlement, without backfill and deletions", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await fold(sql);
    await sql`update public.zoho_sync_queue set enqueued_at = now() - interval '3 seconds' where true`;
    const { changes } = await claim(sql, { worker: WORKER });
    await settle(sql, {
      worker: WORKER,
      results: changes.map((change) => done(change, "5000000000001", {})),
    });
    const day = await readDay(sql);
    assertEquals([changes.length, day.settled], [1, 1]);
    assert((day.p50Ms ?? 0) >= 3000 && (day.p50Ms ?? 0) < 60_000 && day.p95Ms === day.p50Ms);
    assertEquals(day.hours.at(-1)?.settled, 1);

    await sql`select public.zoho_enqueue('contract', ${[contract.id]}::uuid[], 2::smallint, 'backfill')`;
    const backfilled = await claim(sql, { worker: WORKER });
    await settle(sql, {
      worker: WORKER,
      results: backfilled.changes.map((change) => done(change, "5000000000001", {})),
    });
    const after = await readDay(sql);
    assertEquals([after.settled, after.p50Ms], [2, day.p50Ms]);

    await sql`select public.zoho_enqueue('contract', ${[contract.id]}::uuid[], 0::smallint, 'test')`;
    await sql`delete from public.rica_submissions where true`;
    await sql`delete from public.contracts where id = ${contract.id}`;
    assertEquals((await readDay(sql)).settled, 2);
  }));

Deno.test("the last write is found behind thousands of failures", () =>
  withDatabase("plain", async (sql) => {
    await sql`
      insert into public.zoho_sync_logs (entity_type, entity_id, status, drain_id, created_at)
      select 'contract', gen_random_uuid(), case when n = 3000 then 'success' else 'failed' end, gen_random_uuid(),
        date_trunc('hour', now()) - interval '2 hours' - n * interval '1 second'
      from generate_series(1, 3000) n`;
    await sql`select zoho_sync.roll_hours()`;
    const [row] = await sql`
      select zoho_sync.last_write() = (select created_at from public.zoho_sync_logs where status = 'success') as found`;
    assertEquals(row?.found, true);
  }));

Deno.test("a cause counts as many changes as its list shows and its retry makes due", () =>
  withDatabase("plain", async (sql) => {
    await sql`
      insert into public.zoho_sync_queue (entity_type, entity_id, status, failed_rounds, cause, error_code)
      select 'contract', gen_random_uuid(), v.status, v.rounds, 'test', v.code
      from (values ('pending', 1, 'INTERNAL_ERROR'), ('pending', 1, 'INVALID_DATA'), ('pending', 2, 'INVALID_DATA'),
        ('dead', 8, 'INVALID_DATA'), ('pending', 0, 'HTTP_503')) v (status, rounds, code)`;
    const [row] = await sql`
      select (select jsonb_object_agg(p ->> 'code', (p -> 'dead')::int + (p -> 'retrying')::int)
          from jsonb_array_elements(public.zoho_admin_problems()) p) as counted,
        jsonb_array_length(public.zoho_admin_queue(p_failed => true) -> 'items') as listed,
        jsonb_array_length(public.zoho_admin_queue(p_failed => true, p_code => 'INTERNAL_ERROR') -> 'items') as of_cause`;
    assertEquals(row, { counted: { INTERNAL_ERROR: 1, INVALID_DATA: 2 }, listed: 3, of_cause: 1 });
    const [one] = await sql`select public.zoho_admin_retry(p_code => 'INTERNAL_ERROR') as did`;
    const [rest] = await sql`select public.zoho_admin_retry() as did`;
    assertEquals([one?.did.retried, rest?.did.retried], [1, 2]);
  }));
