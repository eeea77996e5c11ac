import { withSql } from "./sql.ts";

// At its first request @supabase/lite grants every table to anon, authenticated and service_role, now and by default.
// On the platform roles have only rights that a migration granted. So the grants of before are put back, which needs the
// catalogs themselves: a revoke would have to know what there was.

/** Usually a tenth of a second. A server that is just going down may leave a session without any answer. */
const PATIENCE_MS = 20_000;

/** Runs `work`, which may make that first request, and leaves the rights of the database as they were. */
export async function withoutNewGrants(adminUrl: string, work: () => Promise<void>): Promise<void> {
  await withSql(adminUrl, async (sql) => {
    await sql.unsafe(`
      create temp table relations as select oid, relacl from pg_class;
      create temp table schemas as select oid, nspacl from pg_namespace;
      create temp table defaults as select oid, defaclacl from pg_default_acl;
    `);
    await work();
    await sql.unsafe(`
      set allow_system_table_mods = on;
      update pg_class c set relacl = r.relacl
        from relations r where r.oid = c.oid and r.relacl is distinct from c.relacl;
      update pg_namespace n set nspacl = s.nspacl
        from schemas s where s.oid = n.oid and s.nspacl is distinct from n.nspacl;
      -- With what depends on them: otherwise a schema that had one could not be dropped any more.
      delete from pg_depend where classid = 'pg_default_acl'::regclass and objid not in (select oid from defaults);
      delete from pg_shdepend where classid = 'pg_default_acl'::regclass and objid not in (select oid from defaults)
        and dbid = (select oid from pg_database where datname = current_database());
      delete from pg_default_acl where oid not in (select oid from defaults);
      update pg_default_acl d set defaclacl = b.defaclacl
        from defaults b where b.oid = d.oid and b.defaclacl is distinct from d.defaclacl;
    `);
  }, PATIENCE_MS);
}

/** A table of the API with row-level security: asking lite for it makes the first request count. */
export async function findGuardedTable(url: string): Promise<string | undefined> {
  return await withSql(url, async (sql) => {
    const [row] = await sql<{ relname: string }[]>`
      select relname from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r' and relrowsecurity
      order by relname limit 1
    `;
    return row?.relname;
  }, PATIENCE_MS);
}
