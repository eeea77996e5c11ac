import type postgres from "postgres";
import { claimPage, plan, record, settlePage } from "../drain_steps.ts";
import { median } from "../../support/figures.ts";
import type { Installation } from "../../support/scale/installation.ts";
import type { TableBytes } from "../../support/scale/measured.ts";
import { tableBytes } from "./table_bytes.ts";

/** Where a statement runs: the Data API gives it 8 s, a job of the schedule has no such limit. */
export type RunsIn = "api" | "job";

export interface StatementTime {
  what: string;
  runsIn: RunsIn;
  ms: number;
}

const rounds = 5;
const run = "00000000-0000-4000-8000-000000000001";
const worker = "00000000-0000-4000-8000-000000000002";

type Connect = () => Promise<postgres.ReservedSql>;

/** With what is to be so before it. */
const oneShot: [what: string, runsIn: RunsIn, statement: string, before?: string][] = [
  ["a page of 200 Deals beside what is known", "api", lookAt("contract", "Contract_Number")],
  ["a page of 200 Invoices beside what is known", "api", lookAt("invoice", "Invoice_Reference")],
  [
    "what points to an Account that is gone",
    "api",
    "select public.zoho_records_of_links('Accounts', '{6605992000300000007}')",
  ],
  ["the overview of the page", "api", "select public.zoho_admin_status()"],
  ["a search by part of a company", "api", "select public.zoho_admin_search('{traders,77}')"],
  ["a search by number", "api", "select public.zoho_admin_search('{ct-2026-0000077}')"],
  [
    "history of one contract",
    "api",
    "select public.zoho_admin_history('contract', md5('contract 77')::uuid)",
  ],
  ["the sweep, every 30 s", "job", "select zoho_sync.sweep()"],
  [
    "1,000 rows of the search's daily walk",
    "job",
    "select zoho_sync.walk_search(1000)",
    "update zoho_sync.search_walk set ended_at = now() - interval '1 day' where true",
  ],
  ["the hourly sums of the page", "job", "select zoho_sync.roll_hours()"],
  ["the nightly purge, nothing old", "job", "select zoho_sync.purge_expired()"],
];

function lookAt(type: string, reference: string): string {
  return `select public.zoho_reconcile_look('${type}', now(), (
    select jsonb_agg(jsonb_build_object('zoho_id', m.zoho_id, 'reference', m.snapshot ->> '${reference}')) from (
      select * from public.zoho_entity_mappings where circletel_type = '${type}' limit 200) m))`;
}

/** What the largest statements take beside the installation's rows; each is undone. */
export async function statementTimes(connect: Connect, size: Installation) {
  const sql = await connect();
  const times: StatementTime[] = [];
  try {
    times.push(...await drainTimes(sql));
    for (const [what, runsIn, statement, before = "select"] of oneShot) {
      const work = async () => {
        await sql.unsafe(before);
        return await timed(() => sql.unsafe(statement));
      };
      times.push({ what, runsIn, ms: await undone(sql, work, rounds) });
    }
    const compared = await comparison(sql);
    const filled = await backfill(sql, size);
    times.push(...compared.times, ...filled.times, await dayOfPurge(sql, size));
    return { times, bytes: { ...compared.bytes, ...filled.bytes } };
  } finally {
    sql.release();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return performance.now() - startedAtMs;
}

/** The median of some rounds; the first, which reads from disk, counts like the others. */
async function undone(sql: postgres.Sql, work: () => Promise<number>, times = 1): Promise<number> {
  const took: number[] = [];
  for (let round = 0; round < times; round++) {
    await sql`begin`;
    try {
      took.push(await work());
    } finally {
      await sql`rollback`;
    }
  }
  return median(took);
}

async function drainTimes(sql: postgres.Sql): Promise<StatementTime[]> {
  const took = { enqueue: [], claim: [], record: [], settle: [] } as Record<string, number[]>;
  const time = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
    const startedAtMs = performance.now();
    const result = await work();
    took[step]?.push(performance.now() - startedAtMs);
    return result;
  };
  for (let round = 0; round < rounds; round++) {
    await sql`begin`;
    const ids = (await sql`select md5('contract ' || n)::uuid as id
      from generate_series(${round * 100 + 1}::int, ${round * 100 + 100}::int) n`).map(({ id }) => id);
    await time("enqueue", () => sql`select public.zoho_enqueue('contract', ${ids}::uuid[])`);
    const work = plan(await time("claim", () => claimPage(sql)));
    await time("record", () => record(sql, work));
    await time("settle", () => settlePage(sql, work));
    await sql`rollback`;
  }
  const names = {
    enqueue: "marking 100 changes",
    claim: "claim of 100 changes",
    record: "opening their 100 attempts",
    settle: "settling them",
  };
  return Object.entries(names).map(([step, what]) => ({ what, runsIn: "api", ms: median(took[step] ?? []) }));
}

type Part = { times: StatementTime[]; bytes: Partial<Record<string, TableBytes>> };

/** A comparison that has seen every record: the search for missing ones, and its last page. */
async function comparison(sql: postgres.Sql): Promise<Part> {
  await sql`begin`;
  try {
    await sql`
      insert into public.zoho_reconcile_runs (id, kind, entity_types, actor, lease_owner, lease_until)
      values (${run}, 'full', '{contract,quote,invoice,customer}', 'bench', ${worker}, now() + interval '1 day')`;
    await sql`insert into zoho_sync.reconcile_seen (run_id, entity_type, key)
      select ${run}, m.circletel_type, m.zoho_id from public.zoho_entity_mappings m`;
    const bytes = await tableBytes(sql, ["reconcile_seen"]);
    const unseen: number[] = [];
    for (let round = 0; round < rounds; round++) {
      unseen.push(await timed(() => sql`select public.zoho_reconcile_unseen(${run}, 'contract')`));
    }
    const last = await timed(() =>
      sql`select public.zoho_reconcile_note(${run}, ${worker}, 120, '[]', '{}', p_finished => true)`
    );
    return {
      bytes,
      times: [
        {
          what: "2,000 contracts of a comparison's search for missing ones",
          runsIn: "api",
          ms: median(unseen),
        },
        { what: "the end of a comparison", runsIn: "api", ms: last },
      ],
    };
  } finally {
    await sql`rollback`;
  }
}

/** A backfill of the contracts: its list, statement by statement, and how far it is. */
async function backfill(sql: postgres.Sql, { contracts }: Installation): Promise<Part> {
  await sql`begin`;
  try {
    const start = await timed(() => sql`select public.zoho_backfill_start('contract', false, 'bench')`);
    const [row] = await sql`select id from public.zoho_backfill_runs where status = 'running'`;
    const id = String(row?.id);
    const enqueue = await timed(() => sql`select public.zoho_backfill_enqueue(${id}, 5000)`);
    const lists: number[] = [];
    for (let listed = 20_000; listed <= contracts; listed += 20_000) {
      lists.push(await timed(() => sql`select zoho_sync.backfill_list(${id})`));
    }
    const status = await timed(() => sql`select public.zoho_backfill_status(${id})`);
    return {
      bytes: await tableBytes(sql, ["zoho_backfill_items"]),
      times: [
        { what: "the start of a backfill, the first 20,000 listed", runsIn: "api", ms: start },
        {
          what: "20,000 more of its list, slowest",
          runsIn: "api",
          ms: lists.length > 0 ? Math.max(...lists) : start,
        },
        { what: "queueing 5,000 of them", runsIn: "api", ms: enqueue },
        { what: "how far it is", runsIn: "api", ms: status },
      ],
    };
  } finally {
    await sql`rollback`;
  }
}

/** As many attempts and hints as one day brings, all of them old. */
async function dayOfPurge(
  sql: postgres.Sql,
  { changesADay, editsADay }: Installation,
): Promise<StatementTime> {
  const ms = await undone(sql, async () => {
    await sql`update public.zoho_sync_logs set created_at = now() - interval '14 months' where ctid = any (array(
      select o.ctid from public.zoho_sync_logs o order by o.created_at limit ${changesADay}))`;
    await sql`update public.zoho_webhook_events set received_at = now() - interval '91 days' where ctid = any (array(
      select o.ctid from public.zoho_webhook_events o order by o.received_at limit ${
      changesADay + editsADay
    }))`;
    return await timed(() => sql`select zoho_sync.purge_expired()`);
  });
  return { what: "the nightly purge of what a day brings", runsIn: "job", ms };
}
