import { z } from "zod";
import { entityTypes } from "./entity_types.ts";
import { callFunction } from "../platform/database.ts";
import { inChunks } from "../sync/chunks.ts";
import type { SyncDependencies } from "../sync/run.ts";
import { logWebhookEvent } from "../webhook/event.ts";
import { inboundRecord, keepRecord } from "../webhook/record.ts";
import { listRecordsByIds } from "../zoho/list.ts";
import { digestOf } from "./deletions.ts";
import { type Kind, kinds } from "./kinds.ts";

export interface RepairOrder {
  runId: string;
  verdicts: ("differs" | "missing")[];
  /** Only these rows; null for all. */
  rows: number[] | null;
  /** Records that a person deleted in Zoho are made again. */
  recreateDeleted: boolean;
}

export interface Repaired {
  /** Rows that were dealt with in this call. */
  rows: number;
  enqueued: number;
  /** Records that belong to another entity by now, by Zoho id: for a person. */
  taken: string[];
  /** There are more rows; ask again. */
  more: boolean;
}

const repairable = z.array(z.object({
  id: z.number(),
  entity_type: entityTypes,
  entity_id: z.string(),
  zoho_id: z.string().nullable(),
  verdict: z.enum(["differs", "missing"]),
  reason: z.string(),
}));
type Row = z.infer<typeof repairable>[number];

/** Rows of one call: five reads of Zoho at most. */
const rowsPerCall = 500;

/**
 * Puts right what a run found, up to 500 rows a call. What Zoho holds is taken in first, through the gates of a webhook:
 * a seller's move of the stage counts and moves the contract; then the record is marked doubtful and its entity queued,
 * so that the next drain reads it and sends what CircleTel owns and Zoho lacks. Nothing is ever deleted in Zoho.
 *
 * @throws ZohoCallError, ZohoTokenError, DatabaseError
 */
export async function repair(with_: SyncDependencies, order: RepairOrder): Promise<Repaired> {
  const rows = repairable.parse(
    await callFunction(with_.db, "zoho_reconcile_repairable", {
      p_run: order.runId,
      p_verdicts: order.verdicts,
      p_recreate_deleted: order.recreateDeleted,
      p_limit: rowsPerCall,
      ...(order.rows === null ? {} : { p_rows: order.rows }),
    }),
  );
  const unlinked = rows.filter(({ reason }) => reason === "not_linked");
  await takeIn(with_, rows.filter(({ verdict, reason }) => verdict === "differs" && reason !== "not_linked"));
  const taken: string[] = [];
  for (const row of unlinked) {
    const isLinked = await callFunction(with_.db, "zoho_move_record", {
      p_entity_type: row.entity_type,
      p_entity_id: row.entity_id,
      p_zoho_id: row.zoho_id ?? "",
      p_cause: "reconcile",
    });
    if (!isLinked) taken.push(row.zoho_id ?? "");
  }
  const { enqueued } = z.object({ enqueued: z.number() }).parse(
    await callFunction(with_.db, "zoho_reconcile_repair", {
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

const recordsPerEvent = 100;

/** What Zoho holds, applied as if Zoho had told of it. A Contact's edit is only noted, so Contacts are not read. */
async function takeIn(with_: SyncDependencies, rows: Row[]): Promise<void> {
  for (const kind of Object.values(kinds).filter(({ reference }) => reference !== null)) {
    const ids = rows.filter(({ entity_type }) => entity_type === kind.entityType)
      .flatMap(({ zoho_id }) => zoho_id ?? []);
    for (const some of inChunks(ids, recordsPerEvent)) await takeInSome(with_, kind, some);
  }
}

async function takeInSome(with_: SyncDependencies, kind: Kind, ids: string[]): Promise<void> {
  const wanted = [...kind.fields, "Modified_Time", "Modified_By"];
  const records = await listRecordsByIds(with_.zoho, kind.module, ids, wanted);
  const kept = records.map((record) => keepRecord(kind.module, record.id, record));
  if (kept.length === 0) return;
  await logWebhookEvent(with_, {
    source: "poll",
    module: kind.module,
    operation: "update",
    recordIds: kept.map(({ id }) => id),
    digest: await digestOf(["read", ...kept.map((record) => JSON.stringify(record))]),
    mayRecur: true,
    body: { records: kept },
    records: kept.map((record) => inboundRecord("update", record)),
  });
}
