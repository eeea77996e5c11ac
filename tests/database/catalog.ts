import type { Db } from "../support/fixtures.ts";

// Questions to Postgres's own catalogue that several tests ask.

export const CORE_TABLES = [
  "admin_users",
  "customers",
  "business_quotes",
  "business_quote_items",
  "kyc_sessions",
  "contracts",
  "rica_submissions",
  "customer_invoices",
];

export interface FunctionFacts {
  name: string;
  /** Identity as in `public.get_zoho_id(text, uuid)`. */
  signature: string;
  /** Who may execute it besides its owner. */
  executable_by: string[];
  settings: string[];
  security_definer: boolean;
  is_trigger: boolean;
  source: string;
  arguments: string[];
}

/** Every function in the schemas that this project writes to. */
export async function ourFunctions(db: Db): Promise<FunctionFacts[]> {
  return await db<FunctionFacts[]>`
    select n.nspname || '.' || p.proname as name,
      n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')' as signature,
      array(
        select distinct coalesce(r.rolname, 'PUBLIC')
        from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
        left join pg_roles r on r.oid = a.grantee
        where a.privilege_type = 'EXECUTE' and a.grantee <> p.proowner
        order by 1)::text[] as executable_by,
      coalesce(p.proconfig, '{}') as settings,
      p.prosecdef as security_definer,
      p.prorettype = 'trigger'::regtype as is_trigger,
      p.prosrc as source,
      array(select format_type(t, null) from unnest(p.proargtypes) t)::text[] as arguments
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('public', 'zoho_sync')
    order by 2
  `;
}

/** One line for everything about these tables that a migration could change, sorted. */
export async function describeTables(db: Db, tables: string[]): Promise<string[]> {
  const rows = await db<{ line: string }[]>`
    with t as (
      select c.oid, c.relname from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relname = any (${tables}))
    select format('%s column %s %s default %s not null %s', t.relname, a.attname,
        format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), a.attnotnull) as line
      from t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
    union all select format('%s constraint %s %s', t.relname, c.conname, pg_get_constraintdef(c.oid))
      from t join pg_constraint c on c.conrelid = t.oid
    union all select format('%s trigger %s %s', t.relname, g.tgname, pg_get_triggerdef(g.oid))
      from t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
    union all select format('%s policy %s %s %s %s %s %s', t.relname, p.polname, p.polcmd, p.polroles::regrole[],
        p.polpermissive, pg_get_expr(p.polqual, t.oid), pg_get_expr(p.polwithcheck, t.oid))
      from t join pg_policy p on p.polrelid = t.oid
    union all select format('%s index %s', t.relname, pg_get_indexdef(i.indexrelid))
      from t join pg_index i on i.indrelid = t.oid
    union all select format('%s rights %s rls %s', t.relname, c.relacl, c.relrowsecurity)
      from t join pg_class c on c.oid = t.oid
    order by 1
  `;
  return rows.map((row) => row.line);
}

/** All rows of a table as JSON text, in a stable order. */
export async function rowsOf(db: Db, table: string): Promise<string[]> {
  const rows = await db<{ line: string }[]>`
    select to_jsonb(t)::text as line from ${db(`public.${table}`)} t order by 1
  `;
  return rows.map((row) => row.line);
}

export async function publicTables(db: Db): Promise<string[]> {
  const rows = await db<{ name: string }[]>`
    select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1
  `;
  return rows.map((row) => row.name);
}

/** One line for everything that a migration could change in our schemas, and for each extension and job, sorted. */
export async function describeDatabase(db: Db): Promise<string[]> {
  // The order in which rights were granted says nothing.
  const sorted = (acl: string) =>
    db`case when ${db(acl)} is not null then array(select a::text from unnest(${db(acl)}) a order by 1) end`;
  const rows = await db<{ line: string }[]>`
    with n as (select oid, nspname, nspacl from pg_namespace where nspname in ('public', 'zoho_sync')),
    t as (
      select c.oid, format('%s.%s', n.nspname, c.relname) as name, c.relkind, c.relacl, c.relrowsecurity, c.reloptions
      from pg_class c join n on n.oid = c.relnamespace)
    select format('schema %s rights %s', nspname, ${sorted("nspacl")}) as line from n
    union all select format('%s kind %s rights %s rls %s options %s', name, relkind, ${
    sorted("relacl")
  }, relrowsecurity,
        reloptions)
      from t
    union all select format('%s column %s %s default %s not null %s rights %s', name, a.attname,
        format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), a.attnotnull, ${
    sorted("a.attacl")
  })
      from t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
    union all select format('%s constraint %s %s', name, c.conname, pg_get_constraintdef(c.oid))
      from t join pg_constraint c on c.conrelid = t.oid
    union all select format('%s trigger %s %s %s', name, g.tgname, pg_get_triggerdef(g.oid), g.tgenabled)
      from t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
    union all select format('%s policy %s %s %s %s %s %s', name, p.polname, p.polcmd, p.polroles::regrole[],
        p.polpermissive, pg_get_expr(p.polqual, t.oid), pg_get_expr(p.polwithcheck, t.oid))
      from t join pg_policy p on p.polrelid = t.oid
    union all select format('%s index %s', name, pg_get_indexdef(i.indexrelid))
      from t join pg_index i on i.indrelid = t.oid
    union all select format('%s view %s', name, pg_get_viewdef(oid)) from t where relkind in ('v', 'm')
    union all select format('%s rights %s', pg_get_functiondef(p.oid), ${sorted("p.proacl")})
      from pg_proc p join n on n.oid = p.pronamespace where p.prokind in ('f', 'p')
    union all select format('default rights of %s in %s on %s: %s', defaclrole::regrole,
        nullif(defaclnamespace, 0)::regnamespace, defaclobjtype, ${sorted("defaclacl")})
      from pg_default_acl
    union all select format('extension %s %s in %s', extname, extversion, extnamespace::regnamespace)
      from pg_extension
    order by 1
  `;
  return [...rows.map((row) => row.line), ...(await scheduledJobs(db)).map((job) => JSON.stringify(job))];
}

export interface ScheduledJob {
  jobname: string;
  schedule: string;
  command: string;
  active: boolean;
  username: string;
}

/** All of pg_cron's jobs by name; none where it is not created. */
export async function scheduledJobs(db: Db): Promise<ScheduledJob[]> {
  const [found] = await db`select to_regclass('cron.job') is not null as is_created`;
  if (!found?.is_created) return [];
  return [
    ...await db<ScheduledJob[]>`
      select jobname, schedule, command, active, username from cron.job order by jobname
    `,
  ];
}
