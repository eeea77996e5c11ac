import type { EntityType } from "../mapping/types.ts";
import type { Moment } from "../status/answer.ts";
import type { ShownValue } from "../status/field_line.ts";

// GET /reconcile, POST /reconcile/repair

export type ReconcileVerdict = "differs" | "missing" | "extra" | "queued";

export interface ReconcileRow {
  id: number;
  verdict: ReconcileVerdict;
  reason: string;
  entityType: EntityType;
  entityId: string | null;
  /** A contract, quote or invoice number. */
  reference: string | null;
  zohoType: string;
  zohoId: string | null;
  fields: Record<string, { zoho: ShownValue; circletel: ShownValue }>;
  repairedAt: Moment | null;
}

export interface ReconcileAnswer {
  /** "As of 18:00: 412 match, 3 differ, 1 missing". */
  line: string;
  run: {
    id: string;
    kind: "full" | "incremental";
    status: "running" | "finished" | "failed";
    entityTypes: string[];
    actor: string;
    startedAt: Moment;
    finishedAt: Moment | null;
    calls: number;
    credits: number;
    error: { code: string; message: string | null } | null;
  };
  counts: Record<ReconcileVerdict | "match", number>;
  items: ReconcileRow[];
  next: string | null;
}

export interface RepairAnswer {
  /** Rows that were dealt with in this call. */
  rows: number;
  enqueued: number;
  /** Records that belong to another entity by now. */
  taken: string[];
  more: boolean;
}
