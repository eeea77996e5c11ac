import { z } from "zod";
import { entityTypes } from "../mapping/types.ts";
import { callFunction } from "../platform/database.ts";
import type { SyncDependencies } from "../sync/drain_session.ts";

interface RepairOrder {
  runId: string;
  verdicts: ("differs" | "missing")[];
  /** Only these rows; null for all. */
  rows: number[] | null;
  /** Create records again that a person deleted in Zoho. */
  recreateDeleted: boolean;
}

export interface Repaired {
  /** Rows handled in this call. */
  rows: number;
  enqueued: number;
  /** Records that belong to another entity by now, by Zoho id: for a person. */
  taken: string[];
  /** There are more rows; ask again. */
  more: boolean;
}

const repairable = z.array(z.object({
  id: z.number(),
  entity_type: z.enum(entityTypes),
  entity_id: z.string(),
  zoho_id: z.string().nullable(),
  verdict: z.enum(["differs", "missing"]),
  reason: z.string(),
}));

/** Rows of one call. */
const rowsPerCall = 500;

/**
 * Marks what a run found, up to 500 rows a call: the next drain reads each record and merges both sides, as it does for a
 * hint. Nothing is ever deleted in Zoho.
 *
 * @throws DatabaseError
 */
export async function repair(deps: SyncDependencies, order: RepairOrder): Promise<Repaired> {
  const rows = repairable.parse(
    await callFunction(deps.db, "zoho_reconcile_repairable", {
      p_run: order.runId,
      p_verdicts: order.verdicts,
      p_recreate_deleted: order.recreateDeleted,
      p_limit: rowsPerCall,
      ...(order.rows === null ? {} : { p_rows: order.rows }),
    }),
  );
  const unlinked = rows.filter(({ reason }) => reason === "not_linked");
  const taken: string[] = [];
  for (const row of unlinked) {
    const isLinked = await callFunction(deps.db, "zoho_move_record", {
      p_entity_type: row.entity_type,
      p_entity_id: row.entity_id,
      p_zoho_id: row.zoho_id ?? "",
      p_cause: "reconcile",
    });
    if (!isLinked) taken.push(row.zoho_id ?? "");
  }
  const { enqueued } = z.object({ enqueued: z.number() }).parse(
    await callFunction(deps.db, "zoho_reconcile_repair", {
      p_rows: rows.map(({ id }) => id),
      p_recreate_deleted: order.recreateDeleted,
    }),
  );
  return {
    rows: rows.length,
    enqueued: enqueued + unlinked.length - taken.length,
    taken,
    more: rows.length === rowsPerCall,
  };
}
