import type { Db } from "./fixtures.ts";

/** What a drain does first: notes of the outbox become queue rows. Whoever looks at the queue folds before. */
export async function fold(db: Db): Promise<void> {
  await db`select zoho_sync.fold_outbox()`;
}
