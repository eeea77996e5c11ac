import { assert, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";
import { linkContract } from "./steps.ts";

// What is kept how long, and that removing it costs by what is old and not by what is there. Sizes are in
// `deno task bench --only size`.

/** A row whose time is so long ago; its name says what becomes of it. */
interface Aged {
  name: string;
  ago: string;
}

const KEPT: {
  what: string;
  limit: string;
  insert: (sql: postgres.Sql, row: Aged) => Promise<unknown>;
  left: string;
}[] = [
  {
    what: "attempts for thirteen months",
    limit: "13 months",
    insert: (sql, { name, ago }) =>
      sql`
          insert into zoho_sync_logs (entity_type, entity_id, zoho_entity_type, status, attempt_number, cause, created_at)
          values ('contract', gen_random_uuid(), 'Deals', 'success', 1, ${name}, now() - ${ago}::interval)`,
    left: "select cause as name from zoho_sync_logs",
  },
  {
    what: "hints for ninety days",
    limit: "90 days",
    insert: (sql, { name, ago }) =>
      sql`
          insert into zoho_webhook_events (received_at, source, module, operation, record_id, digest, status)
          values (now() - ${ago}::interval, 'signed', 'Deals', 'update', ${name}, ${
        "a".repeat(64)
      }, 'applied')`,
    left: "select record_id as name from zoho_webhook_events",
  },
  {
    what: "counts of refused calls for ninety days",
    limit: "90 days",
    insert: (sql, { name, ago }) =>
      sql`
          insert into zoho_webhook_refusals (minute, reason, count) values (now() - ${ago}::interval, ${name}, 1)`,
    left: "select reason as name from zoho_webhook_refusals",
  },
  {
    what: "the credit ledger for seven days",
    limit: "7 days",
    insert: (sql, { name, ago }) =>
      sql`
          insert into zoho_credit_ledger (quarter, lane, credits)
          values (now() - ${ago}::interval, 0, ${name === "old" ? 1 : 2})`,
    left: "select case credits when 1 then 'old' else 'young' end as name from zoho_credit_ledger",
  },
  {
    what: "cron's own history for seven days",
    limit: "7 days",
    insert: (sql, { name, ago }) =>
      sql`
          insert into cron.job_run_details (runid, command, status, start_time, end_time)
          values ((select count(*) from cron.job_run_details), ${name}, 'succeeded', now() - ${ago}::interval, now() - ${ago}::interval)`,
    left: "select command as name from cron.job_run_details",
  },
  {
    what: "closed questions for thirteen months",
    limit: "13 months",
    insert: (sql, { name, ago }) =>
      sql`
          insert into zoho_questions (kind, entity_type, entity_id, field, answers, closed_at, closed_because)
          values ('contested', 'contract', gen_random_uuid(), ${name}, '{try_again}', now() - ${ago}::interval, 'over')`,
    left: "select field as name from zoho_questions",
  },
  {
    what: "incidents for thirteen months",
    limit: "13 months",
    insert: (sql, { name, ago }) =>
      sql`insert into zoho_sync.incidents (code, began_at, ended_at)
          values (${name}, now() - ${ago}::interval, now() - ${ago}::interval)`,
    left: "select code as name from zoho_sync.incidents",
  },
  {
    what: "holds that are over for thirty days",
    limit: "30 days",
    insert: (sql, { name, ago }) =>
      sql`insert into zoho_sync.record_holds (entity_type, entity_id, reason, held_by, until)
          values ('contract', gen_random_uuid(), ${name}, 'an admin', now() - ${ago}::interval)`,
    left: "select reason as name from zoho_sync.record_holds",
  },
  {
    what: "what was known of another org for thirty days",
    limit: "30 days",
    insert: (sql, { name, ago }) =>
      sql`insert into zoho_sync.former_rows (source, content, adopted_at)
          values (${name}, '{}', now() - ${ago}::interval)`,
    left: "select source as name from zoho_sync.former_rows",
  },
];

for (const { what, limit, insert, left } of KEPT) {
  Deno.test(`the purge keeps ${what}, to the minute`, () =>
    withDatabase("plain", async (sql) => {
      await insert(sql, { name: "old", ago: `${limit} 1 minute` });
      await insert(sql, { name: "young", ago: `${limit} -1 minute` });
      await sql`select zoho_sync.purge_expired()`;
      assertEquals((await sql.unsafe(left)).map(({ name }) => name), ["young"]);
    }));
}

Deno.test("a cron run cut off by a crash has no end, and is purged by its start", () =>
  withDatabase("plain", async (sql) => {
    await sql`
      insert into cron.job_run_details (runid, command, status, start_time) values
        (1, 'old', 'failed', now() - interval '7 days 1 minute'), (2, 'young', 'running', now() - interval '1 minute')`;
    await sql`select zoho_sync.purge_expired()`;
    assertEquals((await sql`select command from cron.job_run_details`).map((row) => row.command), ["young"]);
  }));

Deno.test("the answer that a Contact stays merged is kept for good, unlike other answers about Contacts", () =>
  withDatabase("plain", async (sql) => {
    for (const answer of ["keep", "make_new"]) {
      await sql`
        insert into zoho_questions (kind, entity_type, entity_id, reason, answers, answer, answered_at, answered_by, closed_at,
          closed_because)
        select 'contact_match', 'customer', gen_random_uuid(), 'merged', '{keep,make_new}', ${answer}, t, 'an admin', t,
          'answered' from (select now() - interval '3 years') x (t)`;
    }
    await sql`select zoho_sync.purge_expired()`;
    assertEquals((await sql`select answer from zoho_questions`).map(({ answer }) => answer), ["keep"]);
  }));

Deno.test("the purge leaves mappings, open notices and the queue, however old", () =>
  withDatabase("plain", async (sql) => {
    const { contract } = await insertBusiness(sql);
    await linkContract(sql, contract.id, "5001");
    await sql`
      insert into zoho_notices (kind, entity_type, entity_id, message, created_at)
      values ('orphaned', 'contract', ${contract.id}, 'x', now() - interval '3 years')`;
    await sql`update zoho_entity_mappings set created_at = now() - interval '3 years' where true`;
    await fold(sql);
    await sql`update zoho_sync_queue set enqueued_at = now() - interval '3 years' where true`;
    await sql`select zoho_sync.purge_expired()`;
    const [counts] = await sql`
      select (select count(*)::int from zoho_entity_mappings) as mappings,
        (select count(*)::int from zoho_notices) as notices,
        (select count(*)::int from zoho_sync_queue) as queue`;
    assertEquals({ ...counts }, { mappings: 1, notices: 1, queue: 1 });
  }));

Deno.test("acknowledged notices are kept for 13 months, and operators' acts for 25", () =>
  withDatabase("plain", async (sql) => {
    await sql`insert into zoho_notices (kind, message, acknowledged_at)
      values ('truncated', 'old', now() - interval '14 months'), ('truncated', 'young', now() - interval '12 months')`;
    await sql`insert into zoho_admin_actions (actor, action, at)
      values ('secret key', 'old', now() - interval '26 months'), ('secret key', 'young', now() - interval '24 months')`;
    await sql`select zoho_sync.purge_expired()`;
    assertEquals((await sql`select message from zoho_notices`).map(({ message }) => message), ["young"]);
    assertEquals((await sql`select action from zoho_admin_actions`).map(({ action }) => action), ["young"]);
  }));

Deno.test("one purge removes a limited number of attempts and hints, oldest first; the next goes on", () =>
  withDatabase("plain", async (sql) => {
    const most = 1_000;
    await fillLogs(sql, { rows: most + 50, newest: "13 months 1 hour", each: "1 second" });
    await fillEvents(sql, { rows: most + 30, newest: "90 days 1 hour", each: "1 second" });
    const [newest] = await sql`select max(created_at)::text as at from zoho_sync_logs`;
    await sql`select zoho_sync.purge_expired(${most})`;
    const [left] = await sql`
      select (select count(*)::int from zoho_sync_logs) as logs,
        (select count(*)::int from zoho_webhook_events) as events,
        (select min(created_at) > ${newest?.at}::timestamptz - interval '50 seconds' from zoho_sync_logs) as newest`;
    assertEquals({ ...left }, { logs: 50, events: 30, newest: true });
    await sql`select zoho_sync.purge_expired(${most})`;
    const [then] = await sql`
      select (select count(*)::int from zoho_sync_logs) as logs,
        (select count(*)::int from zoho_webhook_events) as events`;
    assertEquals({ ...then }, { logs: 0, events: 0 });
  }));

Deno.test("a usual purge works by index: no large table is scanned in full", () =>
  withDatabase("plain", async (sql) => {
    // A row every six minutes: 13 months and a day of them, so that a day's worth is old; the events likewise.
    await fillLogs(sql, { rows: 95_000, newest: "0 seconds", each: "6 minutes" });
    await fillEvents(sql, { rows: 95_000, newest: "0 seconds", each: "83 seconds" });
    await sql`analyze zoho_sync_logs, zoho_webhook_events`;
    const deletions = await deletionsOfTidy(sql);
    assertEquals(deletions.map(({ table }) => table), [
      "zoho_sync_logs",
      "zoho_webhook_events",
      "zoho_questions",
      "zoho_notices",
      "zoho_admin_actions",
      "zoho_webhook_refusals",
      "zoho_credit_ledger",
    ]);
    for (const { table, statement } of deletions.slice(0, 2)) {
      const plan = (await sql.unsafe(`explain ${statement.replaceAll("p_most", "500000")}`)).map((row) =>
        row["QUERY PLAN"]
      ).join("\n");
      assert(!plan.includes(`Seq Scan on ${table}`), `${table} is read from end to end:\n${plan}`);
      assert(/Index (Only )?Scan/.test(plan), plan);
    }
  }));

/** The statements as the function has them, so that the test cannot be left behind by it. */
async function deletionsOfTidy(sql: postgres.Sql): Promise<{ table: string; statement: string }[]> {
  const [row] = await sql<{ source: string }[]>`
    select prosrc as source from pg_proc where oid = 'zoho_sync.purge_expired'::regproc`;
  const statements = row?.source.matchAll(/^\s*(delete from public\.(\w+)[^;]*);/gm) ?? [];
  return [...statements].map(([, statement = "", table = ""]) => ({ table, statement }));
}

interface Filling {
  rows: number;
  /** How long ago the newest row is, and how far apart they are. */
  newest: string;
  each: string;
}

async function fillLogs(sql: postgres.Sql, { rows, newest, each }: Filling): Promise<void> {
  await sql`
    insert into zoho_sync_logs (entity_type, entity_id, zoho_entity_type, status, attempt_number, request_payload,
      created_at)
    select 'contract', gen_random_uuid(), 'Deals', 'success', 1, '{"Amount": 1, "Stage": "Closed Won"}',
      now() - ${newest}::interval - n * ${each}::interval
    from generate_series(${rows}::int, 1, -1) n`;
}

async function fillEvents(sql: postgres.Sql, { rows, newest, each }: Filling): Promise<void> {
  await sql`
    insert into zoho_webhook_events (received_at, source, module, operation, record_id, digest, told, status)
    select now() - ${newest}::interval - n * ${each}::interval, 'signed', 'Deals', 'update', n::text,
      encode(sha256(n::text::bytea), 'hex'), '{"Stage": "Closed Won"}', 'applied'
    from generate_series(${rows}::int, 1, -1) n`;
}
