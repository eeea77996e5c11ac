import { startPostgres } from "../../local/postgres.ts";
import { withSql } from "../../local/sql.ts";

const name = "empty";

/** An empty database with the platform's roles and auth schema, without pg_net, pg_cron and Vault. */
export async function buildEmptyDatabase(): Promise<{ url: string } & AsyncDisposable> {
  const server = await startPostgres();
  const adminUrl = new URL(server.adminUrl);
  const readSql = (file: string) =>
    Deno.readTextFile(new URL(`../../local/sql/${file}.sql`, import.meta.url));
  const roles = await readSql("roles");
  await withSql(adminUrl.href, async (sql) => {
    await sql.unsafe(roles);
    await sql.unsafe(`create database ${name} owner postgres`);
  });
  adminUrl.pathname = `/${name}`;
  const [database, auth] = await Promise.all([readSql("database"), readSql("auth")]);
  await withSql(adminUrl.href, async (sql) => {
    await sql.unsafe(database);
    await sql.unsafe(auth);
  });
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return { url: url.href, [Symbol.asyncDispose]: () => server.stop() };
}
