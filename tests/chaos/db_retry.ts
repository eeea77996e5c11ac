import { setTimeout as delay } from "node:timers/promises";
import type postgres from "postgres";
import type { ChaosContext } from "./context.ts";

const ceilingMs = 180_000;
const deadlock = "40P01";

/**
 * One business transaction, tried again while Postgres is away, as CircleTel's own application would. A commit whose
 * answer was lost may happen twice, so what is done in it must bear that: inserts carry their ids.
 */
export async function transact(
  context: ChaosContext,
  work: (tx: postgres.TransactionSql) => Promise<unknown>,
): Promise<void> {
  const giveUpAtMs = Date.now() + ceilingMs;
  for (;;) {
    try {
      await context.stack.sql.begin(async (tx) => {
        await work(tx);
      });
      return;
    } catch (error) {
      if (error instanceof RolledBack) return;
      if (codeOf(error) === deadlock) {
        context.oddities.push(`a business transaction was deadlocked: ${error}`);
      } else if (!isAway(error) || Date.now() > giveUpAtMs) throw error;
      await delay(50);
    }
  }
}

/** Thrown inside `transact` to undo everything; the business changed its mind. */
export class RolledBack extends Error {
  override readonly name = "RolledBack";
}

/** A query outside of a transaction, repeated while Postgres is away. */
export async function query<T>(context: ChaosContext, run: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const giveUpAtMs = Date.now() + ceilingMs;
  for (;;) {
    try {
      return await run(context.stack.sql);
    } catch (error) {
      if (!isAway(error) || Date.now() > giveUpAtMs) throw error;
      await delay(50);
    }
  }
}

/** Shutting down (57P…), not up yet, or a connection that was cut. */
function isAway(error: unknown): boolean {
  return /^(57P0|08|CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ENOTCONN)/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
