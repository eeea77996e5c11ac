import { join } from "node:path";
import type postgres from "postgres";
import { migrate } from "./migrate.ts";
import { withSql } from "./sql.ts";

// Three kinds of database:
//   bare   a new project: roles, the auth schema and Vault, and no migration of ours;
//   plain  the same with every migration: for tests in SQL;
//   stack  with every migration and the auth schema of @supabase/lite: for the API.

export type DatabaseKind = "bare" | "plain" | "stack";

/** How the project was set up before the migrations come. */
export interface DatabaseShape {
  /** pg_net and pg_cron: available in a new project, already created in many older ones. Default: available. */
  extensions: "available" | "created";
  /** What anon, authenticated and service_role get on a new object in public: all of it before 2026-10-30. Default: new. */
  privileges: "new" | "old";
}

const NEW_PROJECT: DatabaseShape = { extensions: "available", privileges: "new" };

const SQL_FOLDER = join(import.meta.dirname ?? "", "sql");
const TEMPLATE_LOCK = 7_261_001;

export interface Database {
  name: string;
  /** As `postgres`, the owner. */
  url: string;
  /** As the superuser. */
  adminUrl: string;
  drop(): Promise<void>;
}

/** Makes a database of this kind in a few milliseconds, from a template that is built at the first call. */
export async function createDatabase(
  clusterUrl: string,
  kind: DatabaseKind,
  shape: Partial<DatabaseShape> = {},
): Promise<Database> {
  const template = await createTemplate(clusterUrl, kind, shape);
  const name = `test_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
  // Copied as files: page by page through the log, which is the default, takes eight times the processor time.
  await withSql(clusterUrl, (sql) =>
    sql`
    create database ${sql(name)} template ${sql(template)} owner postgres strategy file_copy
  `);
  return {
    name,
    url: databaseUrl(clusterUrl, name, "postgres"),
    adminUrl: databaseUrl(clusterUrl, name),
    async drop() {
      await withSql(clusterUrl, (sql) => sql`drop database if exists ${sql(name)} with (force)`);
    },
  };
}

/** Builds the template unless the cluster has it, and returns its name. Callers in other processes wait for the first. */
export async function createTemplate(
  clusterUrl: string,
  kind: DatabaseKind,
  shape: Partial<DatabaseShape> = {},
): Promise<string> {
  const { extensions, privileges } = { ...NEW_PROJECT, ...shape };
  const template = `template_${kind}_${extensions}_${privileges}`;
  const draft = `${template}_draft`;
  await withSql(clusterUrl, async (sql) => {
    await sql`select pg_advisory_lock(${TEMPLATE_LOCK})`;
    const found = await sql`select from pg_database where datname = ${template}`;
    if (found.length > 0) return;
    await sql`drop database if exists ${sql(draft)} with (force)`;
    await runFile(sql, "roles.sql");
    await sql`create database ${sql(draft)} owner postgres`;
    await buildDatabase(clusterUrl, kind, draft, { shape });
    // A template must have no connections while it is copied.
    await sql`alter database ${sql(draft)} with is_template true allow_connections false`;
    await sql`alter database ${sql(draft)} rename to ${sql(template)}`;
  });
  return template;
}

export interface BuildOptions {
  shape?: Partial<DatabaseShape>;
  /** A folder; default: the project's. */
  migrations?: string;
}

/** Turns the empty database `name` into one of this kind. */
export async function buildDatabase(
  clusterUrl: string,
  kind: DatabaseKind,
  name: string,
  { shape, migrations }: BuildOptions = {},
): Promise<void> {
  const { extensions, privileges } = { ...NEW_PROJECT, ...shape };
  const url = databaseUrl(clusterUrl, name, "postgres");
  await withSql(clusterUrl, async (sql) => {
    await runFile(sql, "roles.sql");
    await sql`alter database ${sql(name)} owner to postgres`;
  });
  await withSql(databaseUrl(clusterUrl, name), async (sql) => {
    await runFile(sql, "database.sql");
    if (privileges === "old") await runFile(sql, "old_privileges.sql");
    if (kind === "stack") await buildLiteSchema(sql, url);
    else await runFile(sql, "auth.sql");
  });
  await withSql(url, async (sql) => {
    await runFile(sql, "vault.sql");
    if (extensions === "created") await runFile(sql, "extensions.sql");
  });
  if (kind !== "bare") await migrate(url, migrations);
}

// Loaded when needed: a test in plain SQL need not pay for it.
async function buildLiteSchema(sql: postgres.Sql, url: string): Promise<void> {
  const { openLite } = await import("./lite.ts");
  const lite = openLite(
    url,
    { publishableKey: "sb_publishable_template", secretKey: "sb_secret_template" },
    1,
  );
  try {
    await lite.ensureSystemSchema();
    await sql`grant usage on schema auth to anon, authenticated, service_role`;
  } finally {
    await lite.close();
  }
}

export function databaseUrl(clusterUrl: string, name: string, user?: string): string {
  const url = new URL(clusterUrl);
  url.pathname = `/${name}`;
  if (user) url.username = user;
  return url.href;
}

async function runFile(sql: postgres.Sql, file: string): Promise<void> {
  await sql.unsafe(await Deno.readTextFile(join(SQL_FOLDER, file)));
}
