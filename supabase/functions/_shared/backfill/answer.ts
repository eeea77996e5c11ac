import type { EntityType } from "../mapping/types.ts";

/** What zoho-admin answers of a backfill: types only, so that a page in a browser can import them. */

/** Outcomes of a run's entities; for a dry run, the expected ones. */
export interface BackfillCounts {
  create: number;
  update: number;
  /** A record already existed. */
  link: number;
  /** Nothing differs. */
  skip: number;
  refuse: number;
  /** Refused, by code. */
  reasons: Record<string, number>;
}

/** Moments are ISO-8601 with an offset. */
export interface BackfillAnswer {
  id: string;
  entity: EntityType;
  since: string | null;
  dryRun: boolean;
  status: "running" | "finished" | "cancelled";
  startedAt: string;
  finishedAt: string | null;
  actor: string;
  progress: { done: number; total: number };
  states: Record<string, number>;
  /** Null while it runs. */
  outcome: BackfillCounts | null;
  /** So far, by code. */
  refused: Record<string, number>;
  credits: { estimated: number | null; used: number };
  /** CREDITS, or the code of a pause. */
  waitsFor: string | null;
  error: { code: string; message: string | null } | null;
}
