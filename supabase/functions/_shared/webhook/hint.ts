import { z } from "zod";
import { callFunction, DatabaseError, type ServiceClient } from "../platform/database.ts";
import type { InboundOperation } from "./payload.ts";
import type { HintedRecord } from "./told.ts";

/** A verified delivery: records that may have changed in Zoho. */
export interface Delivery {
  source: "signed" | "notification";
  module: string;
  operation: InboundOperation;
  digest: string;
  records: HintedRecord[];
}

const stored = z.object({
  event_id: z.string(),
  /** received: a drain will look at the record. */
  status: z.enum(["received", "nothing_new", "unmapped", "ignored"]),
  reason: z.string().nullable(),
  hints: z.number(),
});
export type StoredHint = z.infer<typeof stored>;

export interface HintDependencies {
  db: ServiceClient;
  sleep: (ms: number) => Promise<void>;
}

/** The Data API's transient refusals besides a failed connection: delayed token check, no pool, gateway. */
const passing = new Set([
  "PGRST303",
  "PGRST000",
  "PGRST001",
  "PGRST002",
  "PGRST003",
  "503",
  "504",
  "UNREACHABLE",
  "57014",
  "40001",
  "40P01",
  "55P03",
]);
const delaysMs = [100, 300, 900];

/**
 * Zoho calls only once, so what a hint needs of the database is asked for again at once while the fault is a passing one.
 * @throws DatabaseError
 */
export async function whilePassing<T>(
  sleep: (ms: number) => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  for (let tryNumber = 0;; tryNumber++) {
    try {
      return await work();
    } catch (error) {
      const delayMs = delaysMs[tryNumber];
      if (delayMs === undefined || !(error instanceof DatabaseError) || !passing.has(error.code)) throw error;
      await sleep(delayMs);
    }
  }
}

/** Stores a delivery and marks its entities; storing is idempotent. @throws DatabaseError */
export async function storeHint({ db, sleep }: HintDependencies, delivery: Delivery): Promise<StoredHint> {
  const answered = await whilePassing(sleep, () =>
    callFunction(db, "zoho_receive_hint", {
      p_source: delivery.source,
      p_module: delivery.module,
      p_operation: delivery.operation,
      p_digest: delivery.digest,
      p_records: delivery.records,
    }));
  return stored.parse(answered);
}
