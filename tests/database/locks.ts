import type postgres from "postgres";
import { until } from "../support/until.ts";

// Transactions that stay open, and sessions that wait for them.

/** A transaction that stays open until it is released. */
export async function holdTransaction(
  sql: postgres.Sql,
  work: (tx: postgres.TransactionSql) => Promise<unknown>,
) {
  const started = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const over = sql.begin(async (tx) => {
    await work(tx);
    started.resolve();
    await end.promise;
  });
  await Promise.race([started.promise, over]);
  return () => {
    end.resolve();
    return over;
  };
}

/** Until so many sessions of this database wait for a lock. */
export async function lockedSessions(sql: postgres.Sql, count: number): Promise<void> {
  await until(async () => {
    const [row] = await sql`
      select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    return row?.n === count;
  }, { what: `${count} waiting for a lock` });
}
