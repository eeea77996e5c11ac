import { join } from "node:path";
import postgres from "postgres";
import { createTemplate, databaseUrl } from "../../local/database.ts";
import { clusterUrl } from "../support/cluster.ts";

const SQL_FOLDER = join(import.meta.dirname ?? "", "..", "..", "local", "sql");

export const STAND_INS = ["net.sql", "cron.sql", "vault.sql"];

/**
 * Gives the test an empty database that no migration has touched, as the platform hands it over, with these of
 * the extensions' stand-ins.
 */
export async function withBareDatabase<T>(
  standIns: string[],
  test: (sql: postgres.Sql, url: string) => Promise<T>,
): Promise<T> {
  // The roles belong to the cluster and are made with the first template.
  await createTemplate(clusterUrl, "plain");
  const name = `bare_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
  const url = databaseUrl(clusterUrl, name, "postgres");
  const cluster = postgres(clusterUrl, { max: 1, onnotice() {} });
  try {
    await cluster`create database ${cluster(name)} owner postgres`;
    const admin = postgres(databaseUrl(clusterUrl, name), { max: 1, onnotice() {} });
    for (const file of ["database.sql", "auth.sql", ...standIns]) {
      await admin.unsafe(await Deno.readTextFile(join(SQL_FOLDER, file)));
    }
    await admin.end();
    const sql = postgres(url, { max: 5, onnotice() {} });
    try {
      return await test(sql, url);
    } finally {
      await sql.end({ timeout: 1 });
    }
  } finally {
    await cluster`drop database if exists ${cluster(name)} with (force)`;
    await cluster.end();
  }
}
