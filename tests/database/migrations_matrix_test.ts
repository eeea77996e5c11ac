import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import type postgres from "postgres";
import { buildDatabase, type DatabaseShape, databaseUrl } from "../../local/database.ts";
import { migrate } from "../../local/migrate.ts";
import { openSql } from "../../local/sql.ts";
import { startDebianPostgres } from "../support/debian_postgres.ts";
import { withBareDatabase } from "./bare_database.ts";
import { describeDatabase, rowsOf, scheduledJobs } from "./catalog.ts";
import { buildProduction, OWN_JOB } from "../support/production_shape.ts";
import { hangBell } from "./rings.ts";

const WIRING = join(import.meta.dirname ?? "", "..", "..", "supabase", "wiring.sql");

const STATES = ["not created", "created"] as const;
const CONTENTS = ["empty", "production shape with its own pg_cron and pg_net job"] as const;
const PRIVILEGES = ["old", "new"] as const;

for (const state of STATES) {
  for (const content of CONTENTS) {
    for (const privileges of PRIVILEGES) {
      const shape: DatabaseShape = { extensions: state === "created" ? "created" : "available", privileges };
      Deno.test(`migrations apply: extensions ${state} × ${content} × ${privileges} default privileges`, () =>
        withBareDatabase(async (sql, url) => {
          if (content !== "empty") await buildProduction(sql, "recorded", privileges);
          // Where pg_cron is not created there is no job yet, only the function that it would call.
          const own = await scheduledJobs(sql);
          assertEquals(own, content !== "empty" && state === "created" ? [OWN_JOB] : []);
          await applyTwice(sql, url, own);
        }, shape));
    }
  }
}

Deno.test("rights on our objects are the same in every cell", async () => {
  const cells = STATES.flatMap((state) =>
    CONTENTS.flatMap((content) => PRIVILEGES.map((privileges) => ({ state, content, privileges })))
  );
  const first = await rightsOf("not created", "empty", "new");
  assert(first.size > 200);
  for (const { state, content, privileges } of cells) {
    const rights = await rightsOf(state, content, privileges);
    for (const name of content === "empty" ? [] : ONLY_WITHOUT_PRODUCTION) {
      rights.set(name, first.get(name) ?? "nobody has it");
    }
    assertEquals(rights, first, `${state}, ${content}, ${privileges}`);
  }
});

/** Placeholders for what production has already. */
const ONLY_WITHOUT_PRODUCTION = [
  "public.zoho_entity_mappings_touch()",
  "public.zoho_tokens_touch()",
  "zoho_sync.contract_number_seq",
  "zoho_sync.set_contract_number()",
];

/** The rights of each of our schemas, tables, columns, sequences, types and functions, by name. */
function rightsOf(
  state: (typeof STATES)[number],
  content: (typeof CONTENTS)[number],
  privileges: DatabaseShape["privileges"],
): Promise<Map<string, string>> {
  return withBareDatabase(async (sql, url) => {
    if (content !== "empty") await buildProduction(sql, "recorded", privileges);
    await migrate(url);
    const rows = await sql<{ name: string; rights: string }[]>`
      with relations as (
        select c.* from pg_class c where c.relkind in ('r', 'v', 'S')
          and (c.relnamespace = 'zoho_sync'::regnamespace
            or (c.relnamespace = 'public'::regnamespace and c.relname like 'zoho\\_%'))),
      objects as (
        select 'schema zoho_sync' as name, n.nspacl as acl, 'n'::"char" as kind, n.nspowner as owner
        from pg_namespace n where n.nspname = 'zoho_sync'
        union all
        select format('%s.%s', c.relnamespace::regnamespace, c.relname), c.relacl,
          case c.relkind when 'S' then 's'::"char" else 'r' end, c.relowner from relations c
        union all
        select format('%s.%s.%s', c.relnamespace::regnamespace, c.relname, a.attname), a.attacl, 'c', c.relowner
        from relations c join pg_attribute a on a.attrelid = c.oid
        where c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
        union all
        select format('type zoho_sync.%s', t.typname), t.typacl, 'T', t.typowner from pg_type t
        where t.typnamespace = 'zoho_sync'::regnamespace and t.typtype = 'c'
        union all
        select format('%s.%s(%s)', p.pronamespace::regnamespace, p.proname, oidvectortypes(p.proargtypes)), p.proacl, 'f',
          p.proowner from pg_proc p
        where p.pronamespace = 'zoho_sync'::regnamespace or (p.pronamespace = 'public'::regnamespace
          and (p.proname like 'zoho\\_%' or p.proname in ('get_zoho_id', 'get_circletel_id', 'is_entity_synced'))))
      select o.name, array(
        select format('%s: %s%s', coalesce(r.rolname, 'PUBLIC'), a.privilege_type, case when a.is_grantable then '*' end)
        from aclexplode(coalesce(o.acl, acldefault(o.kind, o.owner))) a left join pg_roles r on r.oid = a.grantee
        order by 1)::text as rights
      from objects o order by 1`;
    return new Map(rows.map(({ name, rights }) => [name, rights]));
  }, { extensions: state === "created" ? "created" : "available", privileges });
}

async function applyTwice(
  sql: postgres.Sql,
  url: string,
  own: (typeof OWN_JOB)[],
  /** pg_cron before 1.5 knows no seconds. */
  column: "schedule" | "minutes" = "schedule",
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
  const wanted = await sql`select name, ${sql(column)} as schedule from zoho_sync.jobs() order by name`;
  assert(wanted.length >= 10);
  assertEquals(
    ours.map(({ jobname, schedule }) => ({ name: jobname, schedule })),
    wanted.map((job) => ({ ...job })),
  );
  assertEquals(ours.filter(({ active, username }) => !active || username !== "postgres"), []);
  for (const { command } of jobs) await sql.unsafe(command);
  // pg_trgm is trusted: the migrating role may create it.
  const [search] = await sql`select to_regclass('zoho_sync.search_entries_haystack_idx')::text as index`;
  assertEquals(search?.index, "zoho_sync.search_entries_haystack_idx");

  const wiring = await Deno.readTextFile(WIRING);
  await assertRejects(() => sql.unsafe(wiring).execute(), Error, "Vault secret project_url");
  await hangBell(sql);
  await sql.unsafe(wiring);
}

Deno.test("migrations apply: Postgres 15 with Debian's pg_cron 1.4, by the minute where it knows no seconds", async () => {
  const server = await startDebianPostgres();
  try {
    await buildDatabase(server.adminUrl, "bare", "postgres");
    const url = databaseUrl(server.url, "postgres");
    const sql = openSql(url, 5);
    try {
      await applyTwice(sql, url, [], "minutes");
      const [pgCron] = await sql`select extversion from pg_extension where extname = 'pg_cron'`;
      assertEquals(pgCron?.extversion, "1.4-1");
      await sql`drop extension pg_cron cascade`;
      await sql`create extension pg_cron with schema pg_catalog`;
      assertEquals(await scheduledJobs(sql), []);
      const done = await sql`select done, count(*)::int from zoho_sync.schedule_all() group by 1`;
      assertEquals(done.map(({ done }) => done), ["scheduled"]);
      assertEquals((await scheduledJobs(sql)).length, done[0]?.count);
    } finally {
      await sql.end({ timeout: 1 });
    }
  } finally {
    await server.stop();
  }
});
