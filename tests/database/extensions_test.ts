import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import { openSql } from "../../local/sql.ts";
import { asRole, type Role, withDatabase } from "../support/database.ts";
import { withBareDatabase, withForeignPostgres } from "./bare_database.ts";

// What the platform does with pg_net, pg_cron and Vault, so that a migration which fails there fails here too.

const CREATE_CRON = "create extension pg_cron with schema pg_catalog";
const CREATE_JOB = "select cron.schedule('tick', '30 seconds', 'select 1')";
const CREATE_NET = "create extension pg_net with schema extensions";

Deno.test("postgres, which creates the extensions, is no superuser", () =>
  withBareDatabase(async (sql) => {
    const [me] = await sql`
      select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user`;
    assertEquals({ ...me }, {
      rolname: "postgres",
      rolsuper: false,
      rolbypassrls: true,
      rolcreaterole: true,
      rolcreatedb: true,
    });
  }));

Deno.test("a new project has Vault; pg_net and pg_cron are listed and not created", () =>
  withBareDatabase(async (sql) => {
    assertEquals(await listed(sql), [
      "pg_cron: 1.6.4, not created",
      "pg_net: 0.20.4, not created",
      "supabase_vault: 0.3.1, created 0.3.1",
    ]);
    assertEquals(await schemas(sql), ["vault"]);
  }));

Deno.test("a plain Postgres has none of the three extensions", () =>
  withForeignPostgres(async (sql) => {
    assertEquals(await listed(sql), []);
    assertEquals(await errorOf(sql, CREATE_CRON), "0A000"); // no control file
  }));

const REFUSED: { title: string; statement: string; code: string }[] = [
  {
    title: "a schema with a reserved name is refused although it is there",
    statement: "create schema if not exists pg_catalog",
    code: "42939",
  },
  {
    title: "pg_cron is refused in another schema than pg_catalog",
    statement: "create extension pg_cron with schema extensions",
    code: "0A000",
  },
  {
    title: "an extension that only a superuser may create is refused",
    statement: "create extension file_fdw",
    code: "42501",
  },
  { title: "a job scheduled before pg_cron is created is an error", statement: CREATE_JOB, code: "3F000" },
];

for (const { title, statement, code } of REFUSED) {
  Deno.test(title, () => withBareDatabase(async (sql) => assertEquals(await errorOf(sql, statement), code)));
}

for (
  const statement of [
    "create extension pg_cron",
    CREATE_CRON,
    "create extension if not exists pg_cron cascade",
  ]
) {
  Deno.test(`pg_cron is made by: ${statement}`, () =>
    withBareDatabase(async (sql) => {
      await sql.unsafe(statement);
      await sql.unsafe(CREATE_JOB);
      const [found] = await sql`
        select n.nspname as home, (select count(*)::int from cron.job) as jobs
        from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_cron'`;
      assertEquals({ ...found }, { home: "pg_catalog", jobs: 1 });
    }));
}

Deno.test("pg_net keeps its objects in net, whatever schema is named", () =>
  withBareDatabase(async (sql) => {
    await sql.unsafe(CREATE_NET);
    const objects = await sql<{ schema: string }[]>`
      select distinct coalesce(p.pronamespace, c.relnamespace)::regnamespace::text as schema from pg_depend d
      left join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
      left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid
      where d.refobjid = (select oid from pg_extension where extname = 'pg_net') and d.deptype = 'e'
        and coalesce(p.pronamespace, c.relnamespace) is not null`;
    assertEquals(objects.map(({ schema }) => schema), ["net"]);
  }));

Deno.test("an extension's objects belong to the superuser, and the extension to the role that created it", () =>
  withDatabase("plain", async (sql) => {
    const owners = await sql`
      select 'schema ' || nspname as object, nspowner::regrole::text as owner from pg_namespace
        where nspname in ('cron', 'net', 'vault')
      union all select 'extension ' || extname, extowner::regrole::text from pg_extension
        where extname in ('pg_net', 'pg_cron', 'supabase_vault')
      union all select distinct 'relations', relowner::regrole::text from pg_class
        where relnamespace in ('cron'::regnamespace, 'net'::regnamespace, 'vault'::regnamespace)
      order by 1`;
    assertEquals(Object.fromEntries(owners.map(({ object, owner }) => [object, owner])), {
      "extension pg_cron": "postgres",
      "extension pg_net": "postgres",
      "extension supabase_vault": "postgres",
      relations: "supabase_admin",
      "schema cron": "supabase_admin",
      "schema net": "supabase_admin",
      "schema vault": "supabase_admin",
    });
  }));

Deno.test("pg_cron dropped and created again has no job, and pg_net no request", () =>
  withDatabase("plain", async (sql) => {
    await sql`select net.http_get('http://127.0.0.1:9/')`;
    await sql`drop extension pg_cron cascade`;
    await sql`drop extension pg_net cascade`;
    assertEquals(await schemas(sql), ["vault"]);

    await sql.unsafe(CREATE_CRON);
    await sql.unsafe(CREATE_NET);
    assertEquals((await sql`select from cron.job`).length, 0);
    assertEquals((await sql`select from net.http_request_queue`).length, 0);
    await sql.unsafe(CREATE_JOB);
    assertEquals((await sql`select jobid::int from cron.job`).map((job) => job.jobid), [1]);
  }));

Deno.test("Vault dropped and created again has no secret", () =>
  withBareDatabase(async (sql) => {
    await sql`select vault.create_secret('value', 'name')`;
    await sql`drop extension supabase_vault cascade`;
    await sql`create extension supabase_vault`;
    assertEquals((await sql`select from vault.decrypted_secrets`).length, 0);
  }));

interface Right {
  who: "postgres" | Role;
  statement: string;
  /** The error; undefined: allowed. */
  code?: string;
}

const DENIED = "42501";

const RIGHTS: Right[] = [
  { who: "postgres", statement: "select cron.schedule('j', '* * * * *', 'select 1')" },
  { who: "postgres", statement: "select cron.alter_job(jobid, active := false) from cron.job" },
  { who: "postgres", statement: "select cron.unschedule(jobid) from cron.job" },
  { who: "postgres", statement: "select from cron.job" },
  {
    who: "postgres",
    statement: "insert into cron.job (schedule, command) values ('* * * * *', 'x')",
    code: DENIED,
  },
  { who: "postgres", statement: "update cron.job set active = false", code: DENIED },
  { who: "postgres", statement: "delete from cron.job", code: DENIED },
  { who: "postgres", statement: "truncate cron.job", code: DENIED },
  { who: "postgres", statement: "delete from cron.job_run_details where end_time < now()" },
  {
    who: "postgres",
    statement:
      "create trigger t after insert on cron.job_run_details execute function suppress_redundant_updates_trigger()",
    code: DENIED,
  },
  { who: "postgres", statement: "select net.http_post('http://127.0.0.1:9/')" },
  { who: "postgres", statement: "select vault.create_secret('value')" },
  { who: "postgres", statement: "select from vault.decrypted_secrets" },
  { who: "postgres", statement: "delete from vault.secrets" },
  { who: "postgres", statement: "insert into vault.secrets (secret) values ('x')", code: DENIED },
  { who: "postgres", statement: "update vault.secrets set name = 'x'", code: DENIED },
  { who: "postgres", statement: "create table vault.mine ()", code: DENIED },
  { who: "postgres", statement: "create table cron.mine ()", code: DENIED },
  { who: "service_role", statement: "select from cron.job", code: DENIED },
  { who: "service_role", statement: "select cron.schedule('j', '* * * * *', 'select 1')", code: DENIED },
  { who: "service_role", statement: "select net.http_post('http://127.0.0.1:9/')" },
  { who: "service_role", statement: "select from vault.decrypted_secrets" },
  { who: "service_role", statement: "select vault.create_secret('value')" },
  { who: "authenticated", statement: "select cron.unschedule('j')", code: DENIED },
  { who: "authenticated", statement: "select from cron.job_run_details", code: DENIED },
  { who: "authenticated", statement: "select net.http_post('http://127.0.0.1:9/')" },
  { who: "authenticated", statement: "select from vault.decrypted_secrets", code: DENIED },
  { who: "anon", statement: "select from cron.job", code: DENIED },
  { who: "anon", statement: "select net.http_get('http://127.0.0.1:9/')" },
  { who: "anon", statement: "select vault.create_secret('value')", code: DENIED },
];

for (const { who, statement, code } of RIGHTS) {
  Deno.test(`${who} ${code ? "may not" : "may"}: ${statement}`, () =>
    withBareDatabase(async (sql) => {
      assertEquals(await errorOf(sql, statement, who === "postgres" ? undefined : who), code);
    }, { extensions: "created" }));
}

Deno.test("postgres cannot take pg_net away from anon", () =>
  withBareDatabase(async (sql) => {
    await sql`revoke all on function net.http_post from public, anon`;
    await sql`revoke usage on schema net from public, anon`;
    assertEquals(await errorOf(sql, "select net.http_post('http://127.0.0.1:9/')", "anon"), undefined);
  }, { extensions: "created" }));

for (const privileges of ["new", "old"] as const) {
  const outcome = privileges === "new" ? "nothing" : "everything";
  Deno.test(`under the ${privileges} default privileges anon gets ${outcome} on a new table, sequence and function`, () =>
    withBareDatabase(async (sql) => {
      await sql`create table public.fresh (id int)`;
      await sql`create sequence public.counter`;
      await sql`create function public.answer() returns int language sql as 'select 42'`;
      const grants = await sql<{ object: string; privileges: string }[]>`
        with objects as (
          select 'table' as object, relacl as acl from pg_class where oid = 'public.fresh'::regclass
          union all select 'sequence', relacl from pg_class where oid = 'public.counter'::regclass
          union all select 'function', proacl from pg_proc where oid = 'public.answer'::regproc)
        select object, string_agg(privilege_type, ' ' order by privilege_type) as privileges
        from objects, aclexplode(acl) where grantee = 'anon'::regrole group by object order by object`;
      assertEquals(
        Object.fromEntries(grants.map(({ object, privileges }) => [object, privileges])),
        privileges === "new" ? {} : {
          function: "EXECUTE",
          sequence: "SELECT UPDATE USAGE",
          table: "DELETE INSERT MAINTAIN REFERENCES SELECT TRIGGER TRUNCATE UPDATE",
        },
      );
    }, { privileges }));
}

Deno.test("authenticator logs in with eight seconds for a statement and for a lock", () =>
  withBareDatabase(async (_sql, url) => {
    const address = new URL(url);
    address.username = "authenticator";
    const sql = openSql(address.href);
    try {
      const [settings] = await sql`
        select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock`;
      assertEquals({ ...settings }, { statement: "8s", lock: "8s" });
    } finally {
      await sql.end({ timeout: 1 });
    }
  }));

for (const [role, timeout] of [["anon", "3s"], ["authenticated", "8s"], ["service_role", "8s"]] as const) {
  Deno.test(`a statement of ${role} ends after ${timeout}`, () =>
    withBareDatabase(async (sql) => {
      const [settings] = await asRole(sql, role, {}, (tx) =>
        tx`select current_setting('statement_timeout') as statement_timeout`);
      assertEquals(settings?.statement_timeout, timeout);
    }));
}

async function listed(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    select format('%s: %s, %s', name, default_version, coalesce('created ' || installed_version, 'not created')) as line
    from pg_available_extensions where name in ('pg_cron', 'pg_net', 'supabase_vault') order by 1`;
  return rows.map(({ line }) => line);
}

async function schemas(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ nspname: string }[]>`
    select nspname from pg_namespace where nspname in ('cron', 'net', 'vault') order by 1`;
  return rows.map(({ nspname }) => nspname);
}

/** The SQLSTATE of the error that the statement ends with; undefined when there is none. */
async function errorOf(sql: postgres.Sql, statement: string, role?: Role): Promise<string | undefined> {
  const run = role ? asRole(sql, role, {}, (tx) => tx.unsafe(statement)) : sql.unsafe(statement);
  return await run.then(() => undefined, (error: postgres.PostgresError) => error.code);
}
