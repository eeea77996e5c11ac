import type postgres from "postgres";
import { createDatabase, type Database, databaseUrl } from "../../local/database.ts";
import { openSql, withSql } from "../../local/sql.ts";
import { emptyDatabase, isAsItWas, structureOf } from "./database_state.ts";

// A copy of the template and a first session in it cost 0.1 s of processor time and more. So a database whose structure is
// as it was made is emptied and used by the next test: first of the same file, with the session that is warm already, and
// when the file is over, of whatever file. Everything else is dropped.

export interface PooledDatabase extends Database {
  /** A pool as `postgres`. */
  sql: postgres.Sql;
  /** Empties it for the next test, or drops it. */
  giveBack(): Promise<void>;
}

interface Held extends Database {
  sql: postgres.Sql;
  /** One session as the superuser. */
  admin: postgres.Sql;
  structure: string;
}

/** What this file's next test takes. */
const held: Held[] = [];

/** A plain database as the migrations leave it. */
export async function takeDatabase(clusterUrl: string): Promise<PooledDatabase> {
  const database = held.pop() ?? await takeWaiting(clusterUrl) ?? await newDatabase(clusterUrl);
  return { ...database, giveBack: () => giveBack(database) };
}

/** Leaves the databases that this file held to other files. */
export async function releaseDatabases(clusterUrl: string): Promise<void> {
  for (const { name, structure, sql, admin } of held.splice(0)) {
    await Promise.all([sql.end({ timeout: 1 }), admin.end({ timeout: 1 })]);
    await withSql(
      clusterUrl,
      (cluster) => cluster`insert into test_databases values (${name}, ${structure})`,
    );
  }
}

async function giveBack(database: Held): Promise<void> {
  const sql = await backToOneSession(database);
  const isAsNew = await isAsItWas(database.admin, database.structure)
    .then((is) => is && emptyDatabase(database.admin)).catch(() => false);
  if (isAsNew) {
    held.push({ ...database, sql });
    return;
  }
  await Promise.all([sql.end({ timeout: 1 }), database.admin.end({ timeout: 1 })]);
  await database.drop();
}

/** What a test left in its only session is reset; if it has left more than one, or work in it, there will be a new one. */
async function backToOneSession({ sql, admin, url }: Held): Promise<postgres.Sql> {
  const others = await admin<{ state: string }[]>`
    select state from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;
  if (others.length === 1 && others[0]?.state === "idle" && await reset(sql)) return sql;
  await sql.end({ timeout: 1 });
  await admin`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`;
  return openSql(url, MOST_SESSIONS);
}

const MOST_SESSIONS = 5;

/** As DISCARD ALL, but for the statements that postgres.js has prepared and knows by name. */
const resetSession = `
  set session authorization default; reset all; close all; unlisten *;
  select pg_advisory_unlock_all(); discard temp; discard sequences`;

const reset = (sql: postgres.Sql) => sql.unsafe(resetSession).simple().then(() => true, () => false);

async function takeWaiting(clusterUrl: string): Promise<Held | undefined> {
  const waiting = await withSql(clusterUrl, async (sql) => {
    await makePool(sql);
    const [row] = await sql<{ name: string; structure: string }[]>`
      delete from test_databases
      where name = (select name from test_databases limit 1 for update skip locked) returning name, structure`;
    return row;
  });
  return waiting && open(clusterUrl, waiting.name, waiting.structure);
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

async function newDatabase(clusterUrl: string): Promise<Held> {
  const { name } = await createDatabase(clusterUrl, "plain");
  const database = open(clusterUrl, name, "");
  return { ...database, structure: await structureOf(database.admin) };
}

function open(clusterUrl: string, name: string, structure: string): Held {
  const [url, adminUrl] = [databaseUrl(clusterUrl, name, "postgres"), databaseUrl(clusterUrl, name)];
  const drop = async () => {
    await withSql(clusterUrl, (sql) => sql`drop database if exists ${sql(name)} with (force)`);
  };
  return { name, url, adminUrl, sql: openSql(url, MOST_SESSIONS), admin: openSql(adminUrl), structure, drop };
}
