import type postgres from "postgres";
import {
  createDatabase,
  type Database,
  type DatabaseKind,
  type DatabaseShape,
} from "../../local/database.ts";
import { openSql } from "../../local/sql.ts";
import { clusterUrl } from "./cluster.ts";
import { type PooledDatabase, releaseDatabases, takeDatabase } from "./database_pool.ts";

/**
 * Gives the test a database with all migrations and no rows, connected as `postgres`. Contracts are
 * synced and nothing else unless more types are given, so that a test counts what it is about.
 */
export async function withDatabase<T>(
  kind: DatabaseKind,
  test: (sql: postgres.Sql, database: Database) => Promise<T>,
  types: string[] = ["contract"],
  shape: Partial<DatabaseShape> = {},
): Promise<T> {
  const isUsual = kind === "plain" && Object.keys(shape).length === 0;
  const database = isUsual ? await takeDatabase(clusterUrl) : await newDatabase(kind, shape);
  const { sql } = database;
  try {
    if (kind !== "bare") await sql`update public.zoho_sync_state set synced_types = ${types}`;
    return await test(sql, database);
  } finally {
    await database.giveBack();
  }
}
Deno.test.afterAll(() => releaseDatabases(clusterUrl));

async function newDatabase(kind: DatabaseKind, shape: Partial<DatabaseShape>): Promise<PooledDatabase> {
  const database = await createDatabase(clusterUrl, kind, shape);
  const sql = openSql(database.url, 5);
  const giveBack = async () => {
    await sql.end({ timeout: 1 });
    await database.drop();
  };
  return { ...database, sql, giveBack };
}

export type Role = "anon" | "authenticated" | "service_role";

// PostgREST has authenticator's settings, and applies those of the role that it takes on.
const ROLE_SETTINGS = `
  select set_config(split_part(setting, '=', 1), split_part(setting, '=', 2), true)
  from pg_db_role_setting, unnest(setconfig) setting
  where setdatabase = 0 and setrole in (to_regrole('authenticator'), to_regrole($1))
  order by setrole = to_regrole($1)
`;

/**
 * Runs `work` in a transaction as PostgREST would: under the API's role and with the caller's claims. A statement
 * that is refused ends the transaction, so a test of refusals uses one call for each.
 */
export async function asRole<T>(
  sql: postgres.Sql,
  role: Role,
  claims: Record<string, unknown>,
  work: (tx: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  const settings = { role, ...claims };
  const result = await sql.begin(async (tx) => {
    await tx`select set_config('request.jwt.claims', ${JSON.stringify(settings)}, true)`;
    // The form that @supabase/lite's auth.uid() reads.
    await tx`select set_config('request.jwt.claim.sub', ${String(claims.sub ?? "")}, true)`;
    await tx`select set_config('role', ${role}, true)`;
    await tx.unsafe(ROLE_SETTINGS, [role]);
    return { value: await work(tx) };
  });
  return (result as { value: T }).value;
}
