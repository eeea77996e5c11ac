import type postgres from "postgres";
import { buildDatabase, createDatabase, type DatabaseShape, databaseUrl } from "../../local/database.ts";
import { startPostgres } from "../../local/postgres.ts";
import { findBinaries } from "../../local/postgres_binaries.ts";
import { openSql } from "../../local/sql.ts";
import { clusterUrl } from "../support/cluster.ts";

type BareTest<T> = (sql: postgres.Sql, url: string) => Promise<T>;

/** Gives the test a database that no migration has touched, as the platform hands it over: a new project's by default. */
export async function withBareDatabase<T>(test: BareTest<T>, shape: Partial<DatabaseShape> = {}): Promise<T> {
  const database = await createDatabase(clusterUrl, "bare", shape);
  try {
    return await withPool(database.url, test);
  } finally {
    await database.drop();
  }
}

/** Gives the test the same in a Postgres that knows neither pg_net nor pg_cron nor Vault. */
export async function withForeignPostgres<T>(test: BareTest<T>): Promise<T> {
  const server = await startPostgres({
    inMemory: true,
    binaries: await findBinaries({ standIns: false }),
  });
  try {
    await buildDatabase(server.adminUrl, "bare", "postgres");
    return await withPool(databaseUrl(server.url, "postgres"), test);
  } finally {
    await server.stop();
  }
}

async function withPool<T>(url: string, test: BareTest<T>): Promise<T> {
  const sql = openSql(url, 5);
  try {
    return await test(sql, url);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
