import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import type postgres from "postgres";
import { buildDatabase, databaseUrl, type Shape } from "../../local/database.ts";
import { migrate, MigrationError } from "../../local/migrate.ts";
import { openSql } from "../../local/sql.ts";
import { startDebianPostgres } from "../support/debian_postgres.ts";
import { withBareDatabase } from "./bare_database.ts";
import { describeDatabase, rowsOf, scheduledJobs } from "./catalog.ts";
import { buildProduction, OWN_JOB } from "./production_shape.ts";
import { hangBell } from "./rings.ts";

const WIRING = join(import.meta.dirname ?? "", "..", "..", "supabase", "wiring.sql");

/** Every job of the migrations and its schedule. */
const JOBS: Record<string, string> = {
  "zoho-admin-hours": "11 * * * *",
  "zoho-alerts-check": "* * * * *",
  "zoho-backfill-sweep": "30 seconds",
  "zoho-channels-renew": "41 3 * * *",
  "zoho-reconcile-all": "23 0 * * *",
  "zoho-reconcile-changes": "7 * * * *",
  "zoho-reconcile-sweep": "* * * * *",
  "zoho-reconcile-tidy": "37 1 * * *",
  "zoho-sync-sweep": "30 seconds",
  "zoho-sync-tidy": "17 1 * * *",
  "zoho-token-refresh": "*/5 * * * *",
  "zoho-webhook-sweep": "30 seconds",
};

const STATES = ["not created", "created"] as const;
const CONTENTS = ["empty", "production shape with its own pg_cron and pg_net job"] as const;
const PRIVILEGES = ["old", "new"] as const;

for (const state of STATES) {
  for (const content of CONTENTS) {
    for (const privileges of PRIVILEGES) {
      const shape: Shape = { extensions: state === "created" ? "created" : "available", privileges };
      Deno.test(`migrations apply: extensions ${state} × ${content} × ${privileges} default privileges`, () =>
        withBareDatabase(async (sql, url) => {
          if (content !== "empty") await buildProduction(sql, "recorded", privileges);
          // Where pg_cron is not created there is no job yet, only the function that it would call.
          const own = await scheduledJobs(sql);
          assertEquals(own, content !== "empty" && state === "created" ? [OWN_JOB] : []);
          await applyTwice(sql, url, own, JOBS);
        }, shape));
    }
  }
}

async function applyTwice(
  sql: postgres.Sql,
  url: string,
  own: (typeof OWN_JOB)[],
  wanted: Record<string, string>,
): Promise<void> {
  const [me] = await sql`select rolsuper from pg_roles where rolname = current_user`;
  assertEquals(me?.rolsuper, false);

  const applied = await migrate(url);
  assert(applied.length > 0);
  const before = await describeDatabase(sql);
  const state = await rowsOf(sql, "zoho_sync_state");
  assertEquals(await migrate(url), []);
  assertEquals(await describeDatabase(sql), before);
  // A project whose record of migrations was lost or repaired runs the statements themselves again.
  await sql`delete from supabase_migrations.schema_migrations where version = any (${applied})`;
  assertEquals(await migrate(url), applied);
  assertEquals(await describeDatabase(sql), before);
  assertEquals(await rowsOf(sql, "zoho_sync_state"), state);

  const jobs = await scheduledJobs(sql);
  assertEquals(jobs.filter(({ jobname }) => jobname === OWN_JOB.jobname), own);
  const ours = jobs.filter(({ jobname }) => jobname !== OWN_JOB.jobname);
  assertEquals(Object.fromEntries(ours.map(({ jobname, schedule }) => [jobname, schedule])), wanted);
  assertEquals(ours.filter(({ active, username }) => !active || username !== "postgres"), []);
  for (const { command } of jobs) await sql.unsafe(command);

  const wiring = await Deno.readTextFile(WIRING);
  await assertRejects(() => sql.unsafe(wiring).execute(), Error, "Vault secret project_url");
  await hangBell(sql);
  await sql.unsafe(wiring);
}

Deno.test("migrations on Postgres 15 with Debian's pg_cron 1.4 create it and stop at a schedule in seconds", async () => {
  const server = await startDebianPostgres();
  try {
    await buildDatabase(server.adminUrl, "bare", "postgres");
    const url = databaseUrl(server.url, "postgres");
    const sql = openSql(url, 5);
    try {
      // Changes when the jobs fall back to minutes before pg_cron 1.5: then this is
      // `await applyTwice(sql, url, [], JOBS in minutes)`.
      await assertRejects(() => migrate(url), MigrationError, "invalid schedule: 30 seconds (22023)");
      await sql`create extension pg_cron with schema pg_catalog`;
      await sql`select cron.schedule('sweep', '* * * * *', 'select 1')`;
      const [pgCron] = await sql`select extversion from pg_extension where extname = 'pg_cron'`;
      assertEquals(pgCron?.extversion, "1.4-1");
      assertEquals((await scheduledJobs(sql)).map(({ jobname }) => jobname), ["sweep"]);
      await sql`drop extension pg_cron cascade`;
      await sql`create extension pg_cron with schema pg_catalog`;
      assertEquals(await scheduledJobs(sql), []);
    } finally {
      await sql.end({ timeout: 1 });
    }
  } finally {
    await server.stop();
  }
});
