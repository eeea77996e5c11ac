import postgres from "postgres";
import { withDeadline } from "./deadline.ts";
import { surviveLostSockets } from "./postgres_js_guard.ts";

const CONNECT_TIMEOUT_SECONDS = 2;

/** A pool, or with `max` 1 a single session, that prints no notices and does not wait long for a server that is away. */
export function openSql(url: string, max = 1): postgres.Sql {
  surviveLostSockets();
  return postgres(url, { max, connect_timeout: CONNECT_TIMEOUT_SECONDS, onnotice() {} });
}

/** Opens a session for one piece of work, and gives it up when that takes longer than anything here should. */
export async function withSql<T>(
  url: string,
  work: (sql: postgres.Sql) => Promise<T>,
  patienceMs = 60_000,
): Promise<T> {
  const sql = openSql(url);
  try {
    return await withDeadline(work(sql), patienceMs, `work on ${new URL(url).pathname.slice(1)}`);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Whether Postgres says that a table, or its schema, is not there (any more). */
export function isMissing(error: unknown): boolean {
  return error instanceof postgres.PostgresError && (error.code === "42P01" || error.code === "3F000");
}

/** A pool that can be replaced by a fresh one. */
export interface RenewableSql {
  readonly current: postgres.Sql;
  renew(): Promise<void>;
  end(): Promise<void>;
}

/**
 * For what outlives a restart of Postgres: a connection of postgres.js 3.4.9 that was lost between queueing a write
 * and sending it never sends anything again, so after a loss the whole pool is replaced.
 */
export function renewableSql(url: string, max = 1): RenewableSql {
  let current = openSql(url, max);
  return {
    get current() {
      return current;
    },
    async renew() {
      const lost = current;
      current = openSql(url, max);
      await lost.end({ timeout: 0 });
    },
    end: () => current.end({ timeout: 1 }),
  };
}
