import type postgres from "postgres";

// A backup of the database and the way back to it: every table and sequence that is CircleTel's or ours.

/** To be called as the superuser. */
export async function makeBackups(admin: postgres.Sql): Promise<void> {
  await admin.unsafe(`
    create table random_test.sequences (backup text, name text, last_value bigint, is_called boolean);
    create function random_test.tables() returns table (name text, relation regclass, columns text) language sql stable as $$
      select format('%s_%s', n.nspname, c.relname), c.oid::regclass, string_agg(quote_ident(a.attname), ', ' order by a.attnum)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      where n.nspname in ('public', 'zoho_sync') and c.relkind = 'r'
      group by 1, 2 order by 1 $$;
    create function random_test.save(p_backup text) returns void language plpgsql as $$
    declare
      t record;
      s record;
    begin
      execute format('create schema if not exists %I', p_backup);
      for t in select * from random_test.tables() loop
        execute format('create unlogged table if not exists %I.%I as select %s from %s with no data', p_backup, t.name,
          t.columns, t.relation);
        execute format('delete from %I.%I', p_backup, t.name);
        execute format('insert into %I.%I select %s from %s', p_backup, t.name, t.columns, t.relation);
      end loop;
      delete from random_test.sequences q where q.backup = p_backup;
      for s in select c.oid::regclass as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'zoho_sync') and c.relkind = 'S'
      loop
        execute format('insert into random_test.sequences select %L, %L, last_value, is_called from %s', p_backup, s.name, s.name);
      end loop;
    end $$;
    create function random_test.load(p_backup text) returns void language plpgsql as $$
    declare
      t record;
    begin
      set local session_replication_role = replica;
      for t in select * from random_test.tables() loop
        execute format('delete from %s', t.relation);
        execute format('insert into %s (%s) overriding system value select %2$s from %I.%I', t.relation, t.columns, p_backup, t.name);
      end loop;
      perform setval(q.name::regclass, q.last_value, q.is_called) from random_test.sequences q where q.backup = p_backup;
    end $$;
  `);
}

export async function save(admin: postgres.Sql, backup: string): Promise<void> {
  await admin`select random_test.save(${backup})`;
}

/** Nothing of ours may be under way. */
export async function load(admin: postgres.Sql, backup: string): Promise<void> {
  await admin`select random_test.load(${backup})`;
}
