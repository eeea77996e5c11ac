import { createDatabase } from "../../local/database.ts";
import { startPostgres } from "../../local/postgres.ts";

/** A new project's database: the platform's roles, schemas and Vault; pg_net and pg_cron only to be created. */
export async function buildEmptyDatabase(): Promise<{ url: string } & AsyncDisposable> {
  const server = await startPostgres({ inMemory: true });
  const { url } = await createDatabase(server.adminUrl, "bare");
  return { url, [Symbol.asyncDispose]: () => server.stop() };
}
