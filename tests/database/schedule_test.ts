import { assertArrayIncludes, assertEquals } from "@std/assert";
import type postgres from "postgres";
import { withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { fold } from "../support/fold.ts";

import { forgetRings, hangBell, PROJECT_URL, rings } from "./rings.ts";

Deno.test("sweep, token refresh and purge are scheduled, and every job runs without an error", () =>
  withDatabase("plain", async (sql) => {
    const jobs = await sql<{ jobname: string; schedule: string; command: string }[]>`
      select jobname, schedule, command from cron.job where active order by jobname`;
    const wanted = await sql`select name, schedule from zoho_sync.jobs() order by name`;
    assertEquals(
      jobs.map(({ jobname, schedule }) => [jobname, schedule]),
      wanted.map((job) => Object.values(job)),
    );
    assertArrayIncludes(jobs.map(({ jobname, schedule }) => [jobname, schedule]), [
      ["zoho-sync-sweep", "30 seconds"],
      ["zoho-sync-purge", "17 1 * * *"],
      ["zoho-token-refresh", "*/5 * * * *"],
    ]);
    for (const { command } of jobs) await sql.unsafe(command);
  }));

for (const page of ["deploy.md", "operate.md"]) {
  Deno.test(`after pg_cron is recreated, the steps of docs/${page} restore every job`, () =>
    withDatabase("plain", async (sql) => {
      const jobs = () => sql`select jobname, schedule, command, active from cron.job order by jobname`;
      const before = [...await jobs()];
      assertEquals(before.length, (await sql`select from zoho_sync.jobs()`).length);
      await sql`drop extension pg_cron cascade`;
      await sql`create extension pg_cron with schema pg_catalog`;
      assertEquals([...await jobs()], []);

      const text = await Deno.readTextFile(new URL(`../../docs/${page}`, import.meta.url));
      const [advice] = /select \* from zoho_sync\.[a-z_]+\(\)/.exec(text) ?? [];
      await sql.unsafe(String(advice));
      assertEquals([...await jobs()], before);
    }));
}

Deno.test("scheduling again keeps correct jobs, corrects wrong ones, and leaves other owners' jobs alone", () =>
  withDatabase("plain", async (sql) => {
    const again = async () =>
      Object.fromEntries(
        (await sql`select job, done from zoho_sync.schedule_all()`).map(({ job, done }) => [job, done]),
      );
    assertEquals(new Set(Object.values(await again())), new Set(["kept"]));

    await sql`select cron.schedule('zoho-sync-sweep', '*/10 * * * *', 'select zoho_sync.sweep()')`;
    await sql`select cron.alter_job(jobid, active := false) from cron.job where jobname = 'zoho-alerts-check'`;
    await sql`select cron.unschedule('zoho-admin-hours')`;
    await sql`select cron.schedule('zoho-report', '* * * * *', 'select 1')`;
    const done = await again();
    assertEquals(
      [done["zoho-sync-sweep"], done["zoho-alerts-check"], done["zoho-admin-hours"]],
      ["changed", "changed", "scheduled"],
    );
    // An operator's job whose name begins alike.
    assertEquals(done["zoho-report"], undefined);
    assertEquals((await sql`select from cron.job where jobname = 'zoho-report'`).length, 1);
    assertEquals(new Set(Object.values(await again())), new Set(["kept"]));
  }));

const SWEEPS: { title: string; calls: boolean; prepare: string }[] = [
  { title: "calls when a change is due", calls: true, prepare: "select" },
  {
    title: "calls when a change is still in the outbox",
    calls: true,
    prepare: "delete from zoho_sync_queue where true; update contracts set status = 'active' where true",
  },
  {
    title: "calls when the lease of a killed drain ran out",
    calls: true,
    prepare: `update zoho_sync_queue set status = 'in_flight', lease_owner = gen_random_uuid(),
      lease_until = now() - interval '1 second' where true`,
  },
  {
    title: "calls when a pause is over",
    calls: true,
    prepare: "update zoho_sync_state set paused_until = now() - interval '1 second' where true",
  },
  {
    title: "is silent when the queue is empty",
    calls: false,
    prepare: "delete from zoho_sync_queue where true",
  },
  {
    title: "is silent when every change waits for its retry",
    calls: false,
    prepare: "update zoho_sync_queue set next_attempt_at = now() + interval '1 minute' where true",
  },
  {
    title: "is silent while a drain holds every change",
    calls: false,
    prepare: `update zoho_sync_queue set status = 'in_flight', lease_owner = gen_random_uuid(),
      lease_until = now() + interval '1 minute' where true`,
  },
  {
    title: "is silent when only dead letters are left",
    calls: false,
    prepare: "update zoho_sync_queue set status = 'dead' where true",
  },
  {
    title: "is silent while the sync is paused",
    calls: false,
    prepare: "update zoho_sync_state set paused_until = now() + interval '1 minute' where true",
  },
  {
    title: "is silent while the sync waits for a person",
    calls: false,
    prepare: "select zoho_pause('TOKEN_REVOKED', 'x', null, true)",
  },
];

for (const { title, calls, prepare } of SWEEPS) {
  Deno.test(`the sweep ${title}`, () =>
    withDatabase("plain", async (sql) => {
      await hangBell(sql);
      await insertBusiness(sql);
      await fold(sql);
      await sql.unsafe(prepare);
      await forgetRings(sql);
      await sql`select zoho_sync.sweep()`;
      const bodies = (await rings(sql)).map((ring) => ring.body);
      assertEquals(bodies, calls ? [{ reason: "sweep" }] : []);
    }));
}

const TOKENS: { title: string; calls: boolean; expires?: string; pause?: string }[] = [
  { title: "leaves a token alone that is good for half an hour", calls: false, expires: "30 minutes" },
  { title: "calls when the token ends within ten minutes", calls: true, expires: "9 minutes" },
  { title: "calls when the token has ended", calls: true, expires: "-1 minute" },
  { title: "calls when there is no token yet", calls: true },
  {
    title: "calls when a token fault paused the sync, however long the old token lasts",
    calls: true,
    expires: "30 minutes",
    pause: "TOKEN_REVOKED",
  },
  {
    title: "leaves a good token alone while another fault pauses the sync",
    calls: false,
    expires: "30 minutes",
    pause: "RATE_LIMIT",
  },
];

for (const { title, calls, expires, pause } of TOKENS) {
  Deno.test(`the refresh ahead of time ${title}`, () =>
    withDatabase("plain", async (sql) => {
      await hangBell(sql);
      if (expires) await insertToken(sql, expires);
      if (pause) await sql`select zoho_pause(${pause}, 'x')`;
      await sql`select zoho_sync.refresh_token_ahead()`;
      const urls = (await rings(sql)).map((ring) => ring.url);
      assertEquals(urls, calls ? [`${PROJECT_URL}/functions/v1/zoho-token-refresh`] : []);
    }));
}

Deno.test("the purge keeps a week of the credit ledger and of pg_cron's history", () =>
  withDatabase("plain", async (sql) => {
    await sql`
      insert into zoho_credit_ledger (quarter, lane, credits) values
        (now() - interval '8 days', 0, 1), (now() - interval '6 days', 0, 2)`;
    await sql`
      insert into cron.job_run_details (runid, command, end_time) values
        (1, 'old', now() - interval '8 days'), (2, 'young', now() - interval '6 days')`;
    await sql`select zoho_sync.purge_expired()`;
    assertEquals((await sql`select credits from zoho_credit_ledger`).map((row) => row.credits), [2]);
    assertEquals((await sql`select command from cron.job_run_details`).map((row) => row.command), ["young"]);
  }));

async function insertToken(sql: postgres.Sql, expires: string): Promise<void> {
  await sql`
    insert into zoho_tokens (access_token, refresh_token, expires_at)
    values ('v1:a', 'v1:b', now() + ${expires}::interval)`;
}
