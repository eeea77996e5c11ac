import type { Moment } from "../status/answer.ts";
import type { ListPage } from "./answer.ts";

// GET /actions, /runs

export interface ActionItem {
  id: string;
  at: Moment;
  /** An admin's id, or "secret key". */
  actor: string;
  /** The admin's name; null for a key or an admin who is gone. */
  actorName: string | null;
  action: string;
  details: Record<string, unknown>;
}

export type ActionsAnswer = ListPage<ActionItem>;

export interface DrainRun {
  drainId: string;
  startedAt: Moment;
  finishedAt: Moment | null;
  succeeded: number;
  failed: number;
  underWay: number;
}

/** A backfill or a reconciliation, from its own table; null for columns that table does not have. */
export interface LongRun {
  kind: "backfill" | "reconcile";
  id: string;
  status: string | null;
  startedAt: Moment | null;
  finishedAt: Moment | null;
  details: Record<string, unknown>;
}

export interface RunsAnswer {
  /** Of the last 2,000 attempts, newest first. */
  drains: DrainRun[];
  longRuns: LongRun[];
}
