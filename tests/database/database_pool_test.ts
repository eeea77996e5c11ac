import { assertEquals, assertNotEquals } from "@std/assert";
import type postgres from "postgres";
import { createDatabase } from "../../local/database.ts";
import { withSql } from "../../local/sql.ts";
import { clusterUrl } from "../support/cluster.ts";
import { takeDatabase } from "../support/database_pool.ts";
import { insertBusiness } from "../support/fixtures.ts";

// A database that goes from one test to the next is as new.

/** Every row of every table, and the value of every sequence; without random values and times. */
async function contentOf(sql: postgres.Sql): Promise<Record<string, unknown>> {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') order by 1`;
  const content: Record<string, unknown> = {};
  for (const { name } of tables) {
    const rows = await sql.unsafe(`select to_jsonb(t) as row from ${name} t`);
    if (rows.length > 0) {
      content[name] = rows.map(({ row }) => ({
        ...row,
        revision_epoch: null,
        channel_id: null,
        created_at: null,
      }));
    }
  }
  const sequences = await sql`select schemaname, sequencename, last_value from pg_sequences order by 1, 2`;
  return { ...content, sequences: [...sequences] };
}

Deno.test("a database returned to the pool holds what a new one holds", async () => {
  const fresh = await createDatabase(clusterUrl, "plain");
  const expected = await withSql(fresh.adminUrl, contentOf);
  await fresh.drop();
  const used = await takeDatabase(clusterUrl);
  await withSql(used.url, async (sql) => {
    await insertBusiness(sql);
    await sql`select zoho_sync.sweep()`;
    await sql`insert into auth.users (id) values (gen_random_uuid())`;
  });
  await used.giveBack();
  const taken = await takeDatabase(clusterUrl);
  assertEquals(await withSql(taken.adminUrl, contentOf), expected);
  await taken.giveBack();
});

for (
  const [what, change] of [
    ["a table", "create table public.left_over (id int)"],
    ["a trigger that is switched off", "alter table public.contracts disable trigger user"],
    ["a right that is taken away", "revoke all on public.contracts from service_role"],
    [
      "a function that is replaced",
      "create or replace function zoho_sync.sweep() returns void language sql as 'select'",
    ],
    ["statistics", "analyze public.contracts"],
    ["a job that is gone", "delete from cron.job where true"],
  ] as const
) {
  Deno.test(`a database with ${what} is not reused`, async () => {
    const database = await takeDatabase(clusterUrl);
    await withSql(database.adminUrl, (sql) => sql.unsafe(change));
    await database.giveBack();
    const there = await withSql(
      clusterUrl,
      (sql) => sql`select from pg_database where datname = ${database.name}`,
    );
    assertNotEquals(there.length, 1);
  });
}

Deno.test("an idle session is reused by the next test, without its settings and locks", async () => {
  const first = await takeDatabase(clusterUrl);
  const [{ pid } = {}] = await first.sql`select pg_backend_pid() as pid`;
  await first.sql`set work_mem = '7MB'`;
  await first.sql`select pg_advisory_lock(4711)`;
  await first.sql`set role service_role`;
  await first.giveBack();

  const second = await takeDatabase(clusterUrl);
  const [left] = await second.sql`
    select pg_backend_pid() as pid, current_setting('work_mem') as work_mem, current_user as "user",
      (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks`;
  await second.giveBack();
  assertEquals({ ...left }, { pid, work_mem: "4MB", user: "postgres", locks: 0 });
});

Deno.test("a session with work in it, or one of several, is not reused", async () => {
  const first = await takeDatabase(clusterUrl);
  const reserved = await first.sql.reserve();
  await reserved`begin`;
  await reserved`select set_config('zoho_sync.left_over', 'here', false)`;
  const [{ pid } = {}] = await reserved`select pg_backend_pid() as pid`;
  await first.giveBack();

  const second = await takeDatabase(clusterUrl);
  const [left] = await second.sql`
    select pg_backend_pid() as pid, current_setting('zoho_sync.left_over', true) as setting`;
  await second.giveBack();
  assertNotEquals(left?.pid, pid);
  assertEquals(left?.setting, null);
});
