import type postgres from "postgres";

// What a test may change of a database and what it may not, if the next one is to find it as the migrations left it.

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

/** The structure as it is, to be compared with later: how many rows the catalogs have, and the present transaction. */
export async function structureOf(sql: postgres.Sql): Promise<string> {
  const [now] = await sql<{ id: string }[]>`select pg_current_xact_id()::text as id`;
  const since = String(now?.id);
  return JSON.stringify({ since, rows: await rowsOf(sql, since) });
}

/** Whether no row of the structure was added, changed or taken away since. */
export async function isAsItWas(sql: postgres.Sql, structure: string): Promise<boolean> {
  const { since, rows } = JSON.parse(structure) as { since: string; rows: unknown };
  return JSON.stringify(await rowsOf(sql, since)) === JSON.stringify(rows);
}

/** How many rows each has, and how many of them a transaction after `since` has written. */
async function rowsOf(sql: postgres.Sql, since: string): Promise<unknown> {
  const parts = [...catalogs, ...kept].map((table) =>
    `select '${table}' as part, count(*) as rows, count(*) filter (where age(xmin) < age('${since}'::xid)) as newer
     from ${table}`
  );
  // What a plan is made from beside them: vacuum and analyze write these in place.
  const sizes =
    "select 'sizes', sum(relpages), sum(reltuples)::bigint from pg_class where relkind = 'r' and oid >= 16384";
  return [...await sql.unsafe([...parts, sizes].join(" union all "))];
}

/** @returns false when there is so much in it that a new one is cheaper */
export async function emptyDatabase(sql: postgres.Sql): Promise<boolean> {
  const [size] = await sql<{ bytes: string | null }[]>`
    select sum(pg_relation_size(oid)) as bytes from pg_class where relkind = 'r' and oid >= 16384`;
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
      where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'at_start')
        and pg_relation_size(c.oid) > 0 and n.nspname || '.' || c.relname <> all ('{${kept.join(",")}}')
    loop
      execute 'delete from ' || v_table;
    end loop;
    perform setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    from pg_sequences where schemaname <> 'cron' and last_value is not null;
    insert into public.zoho_sync_state default values;
    insert into zoho_sync.identity default values;
  end $$`;

/** Remembers the rows there are, for `putRowsBack`. */
export async function keepRows(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(keepEverything);
}

/** Empties it but for the rows that `keepRows` has seen; as `emptyDatabase`. */
export async function putRowsBack(sql: postgres.Sql): Promise<boolean> {
  if (!await emptyDatabase(sql)) return false;
  await sql.unsafe(putBack);
  return true;
}

const keepEverything = `
  do $$
  declare
    v_table regclass;
  begin
    create schema at_start;
    for v_table in
      select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'at_start')
        and pg_relation_size(c.oid) > 0 and n.nspname || '.' || c.relname <> all ('{${kept.join(",")}}')
    loop
      execute format('create table at_start.%I as table %s', v_table::oid, v_table);
    end loop;
  end $$`;

const putBack = `
  do $$
  declare
    v_table regclass;
    v_columns text;
  begin
    set local session_replication_role = replica;
    for v_table, v_columns in
      select a.attrelid::regclass, string_agg(quote_ident(a.attname), ', ')
      from pg_class c
      join pg_attribute a on a.attrelid = c.relname::oid and a.attnum > 0 and a.attgenerated = '' and not a.attisdropped
      where c.relnamespace = 'at_start'::regnamespace
      group by a.attrelid
    loop
      execute format('delete from %s', v_table);
      execute format('insert into %1$s (%2$s) overriding system value select %2$s from at_start.%3$I',
        v_table, v_columns, v_table::oid);
    end loop;
  end $$`;
