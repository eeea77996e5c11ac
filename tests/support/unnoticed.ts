import type postgres from "postgres";

/** As if these rows had been written before the sync was installed, or under a trigger that was lost: nothing is noted. */
export async function unnoticed<T>(
  sql: postgres.Sql,
  write: (tx: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  const result = await sql.begin(async (tx) => {
    // No other note comes between, so those behind the mark are this transaction's.
    await tx`lock table zoho_sync.outbox in exclusive mode`;
    const [before] = await tx`select coalesce(max(id), 0) as mark from zoho_sync.outbox`;
    const value = await write(tx);
    await tx`delete from zoho_sync.outbox where id > ${before?.mark}`;
    return { value };
  });
  return (result as { value: T }).value;
}
