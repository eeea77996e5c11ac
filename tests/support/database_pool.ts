import type postgres from "postgres";
import { createDatabase, type Database, databaseUrl } from "../../local/database.ts";
import { withSql } from "../../local/sql.ts";

// A copy of the template costs 0.1 s and more; emptying one that a test has used costs a tenth of that. So a database whose
// structure is as it was made is emptied and handed to the next test, of whatever file. Everything else is dropped.

/** Beyond this a test has left so much behind that a scan would be slower than in a new database. */
const mostBytes = 20 * 1024 * 1024;

/** Catalogs whose rows are the structure; pg_statistic because a plan depends on what was analyzed. */
const catalogs = [
  "pg_attribute",
  "pg_class",
  "pg_constraint",
  "pg_db_role_setting",
  "pg_default_acl",
  "pg_depend",
  "pg_event_trigger",
  "pg_extension",
  "pg_index",
  "pg_namespace",
  "pg_policy",
  "pg_proc",
  "pg_publication",
  "pg_publication_rel",
  "pg_rewrite",
  "pg_statistic",
  "pg_trigger",
  "pg_type",
];
/** Rows that a migration made and no test changes: one that does is a change of the structure. */
const kept = ["cron.job", "zoho_sync.scheduled_jobs", "supabase_migrations.schema_migrations"];

export interface PooledDatabase extends Database {
  /** Empties it for the next test, or drops it. */
  giveBack(): Promise<void>;
}

/** A plain database as the migrations leave it. */
export async function takeDatabase(clusterUrl: string): Promise<PooledDatabase> {
  const waiting = await withSql(clusterUrl, async (sql) => {
    await makePool(sql);
    const [row] = await sql<{ name: string; structure: string }[]>`
      delete from test_databases
      where name = (select name from test_databases limit 1 for update skip locked) returning name, structure`;
    return row;
  });
  return waiting === undefined
    ? await newDatabase(clusterUrl)
    : pooled(clusterUrl, waiting.name, waiting.structure);
}

/** Databases that wait for a test; in the maintenance database, so that all processes share them. */
async function makePool(sql: postgres.Sql): Promise<void> {
  const [there] = await sql<{ found: string | null }[]>`select to_regclass('test_databases')::text as found`;
  if (there?.found != null) return;
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(7261002)`;
    await tx`create unlogged table if not exists test_databases (name text primary key, structure text not null)`;
  });
}

async function newDatabase(clusterUrl: string): Promise<PooledDatabase> {
  const { name } = await createDatabase(clusterUrl, "plain");
  const structure = await withSql(databaseUrl(clusterUrl, name), structureOf);
  return pooled(clusterUrl, name, structure);
}

function pooled(clusterUrl: string, name: string, structure: string): PooledDatabase {
  const adminUrl = databaseUrl(clusterUrl, name);
  const drop = async () => {
    await withSql(clusterUrl, (sql) => sql`drop database if exists ${sql(name)} with (force)`);
  };
  const giveBack = async () => {
    const isAsNew = await withSql(adminUrl, (sql) => empty(sql, structure)).catch(() => false);
    if (!isAsNew) return await drop();
    await withSql(clusterUrl, (sql) => sql`insert into test_databases values (${name}, ${structure})`);
  };
  return { name, url: databaseUrl(clusterUrl, name, "postgres"), adminUrl, drop, giveBack };
}

/** How many rows each catalog has, and by which transaction the newest was made. */
async function structureOf(sql: postgres.Sql): Promise<string> {
  const parts = [...catalogs, ...kept].map((table) =>
    `select '${table}' as part, count(*) as rows, max(xmin::text::bigint) as newest from ${table}`
  );
  // What a plan is made from beside them: vacuum and analyze write these in place.
  const sizes =
    "select 'sizes', sum(relpages), sum(reltuples)::bigint from pg_class where relkind = 'r' and oid >= 16384";
  const rows = await sql.unsafe([...parts, sizes].join(" union all "));
  return JSON.stringify(rows);
}

/** @returns false when the test has changed more than rows */
async function empty(sql: postgres.Sql, structure: string): Promise<boolean> {
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`;
  if (await structureOf(sql) !== structure) return false;
  const [size] = await sql<{ bytes: string }[]>`select pg_database_size(current_database()) as bytes`;
  if (Number(size?.bytes) > mostBytes) return false;
  await sql.unsafe(deleteEverything);
  return true;
}

const deleteEverything = `
  do $$
  declare
    v_table text;
  begin
    -- Neither triggers nor foreign keys.
    set local session_replication_role = replica;
    for v_table in
      select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')
        and n.nspname || '.' || c.relname <> all ('{${kept.join(",")}}')
    loop
      execute 'delete from ' || v_table;
    end loop;
    perform setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    from pg_sequences where schemaname <> 'cron';
    insert into public.zoho_sync_state default values;
    insert into zoho_sync.identity default values;
  end $$`;
