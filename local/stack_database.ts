import type postgres from "postgres";
import { buildDatabase, createDatabase, type DatabaseShape, databaseUrl } from "./database.ts";
import { type Postgres, startPostgres } from "./postgres.ts";
import type { StackRun } from "./run_dir.ts";
import { withSql } from "./sql.ts";

export interface StackDatabase {
  url: string;
  adminUrl: string;
  postgres: Postgres | undefined;
  /** Puts values into Vault, as `[db.vault]` in config.toml does on `db push`. */
  setSecrets(secrets: Record<string, string>): Promise<void>;
  /** Lets the caller change the database over a connection of its own. */
  run(work: ((sql: postgres.Sql) => Promise<unknown>) | undefined): Promise<void>;
  close(): Promise<void>;
}

export interface StackDatabaseOptions {
  run: StackRun;
  /** 0: any. */
  port: number;
  clusterUrl: string | undefined;
  /** A database that is there, by a superuser's address; it is left as it is when the stack stops. */
  existing?: string;
  /** A folder of other migrations than the project's; without `clusterUrl` only, whose templates have the project's. */
  migrations?: string;
  shape?: Partial<DatabaseShape>;
}

/** A database for the stack: in a Postgres of its own, where it is called `postgres` as usual, or in a given cluster. */
export async function openStackDatabase(options: StackDatabaseOptions): Promise<StackDatabase> {
  const opened = options.existing
    ? inExisting(options.existing)
    : options.clusterUrl
    ? await inCluster(options.clusterUrl, options.shape)
    : await inOwnPostgres(options);
  const run: StackDatabase["run"] = async (work) => {
    if (work) await withSql(opened.url, work);
  };
  return {
    ...opened,
    run,
    setSecrets: (secrets) =>
      run(async (sql) => {
        for (const [name, value] of Object.entries(secrets)) await setSecret(sql, name, value);
      }),
  };
}

type Opened = Omit<StackDatabase, "run" | "setSecrets">;

async function inCluster(clusterUrl: string, shape?: Partial<DatabaseShape>): Promise<Opened> {
  const { url, adminUrl, drop } = await createDatabase(clusterUrl, "stack", shape);
  return { url, adminUrl, postgres: undefined, close: drop };
}

function inExisting(adminUrl: string): Opened {
  const url = new URL(adminUrl);
  url.username = "postgres";
  return { url: url.href, adminUrl, postgres: undefined, close: () => Promise.resolve() };
}

async function inOwnPostgres({ run, port, migrations, shape }: StackDatabaseOptions): Promise<Opened> {
  const server = await startPostgres({ run, port: port || undefined });
  try {
    await buildDatabase(server.adminUrl, "stack", "postgres", { migrations, shape });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    url: databaseUrl(server.url, "postgres"),
    adminUrl: server.adminUrl,
    postgres: server,
    close: () => server.stop(),
  };
}

async function setSecret(sql: postgres.Sql, name: string, value: string): Promise<void> {
  const [known] = await sql<{ id: string }[]>`select id from vault.secrets where name = ${name}`;
  if (known) await sql`select vault.update_secret(${known.id}, ${value})`;
  else await sql`select vault.create_secret(${value}, ${name})`;
}
