import type { ZohoType } from "../mapping/record_type.ts";
import type { EntityType } from "../mapping/types.ts";
import type { Lane, Moment, Pause, QueueStatus } from "../status/answer.ts";
import type { ListPage } from "./answer.ts";

// GET /queue, POST /retry, /force-sync, /pause and /resume

export interface QueueItem {
  entityType: EntityType;
  entityId: string;
  /** Contract, quote or invoice number; null for a customer or a row that is gone. */
  number: string | null;
  lane: Lane;
  status: QueueStatus;
  failedRounds: number;
  cause: string;
  forced: boolean;
  enqueuedAt: Moment;
  nextAttemptAt: Moment;
  leaseUntil: Moment | null;
  error: { code: string; field: string | null; message: string | null } | null;
}

export type QueueAnswer = ListPage<QueueItem>;

export type RetryRequest =
  | { entities: { type: EntityType; id: string }[] }
  | { code: string; field?: string | null }
  | { all: true };

export interface RetryAnswer {
  /** How many changes are due again. */
  retried: number;
  /** More of them are left than one call takes: ask again. */
  more: boolean;
}

export interface ForceSyncRequest {
  entityType: EntityType;
  id: string;
}

export interface ForceSyncAnswer {
  result: {
    success: boolean;
    zohoEntityId?: string;
    zohoEntityType?: ZohoType;
    error?: string;
    syncLogId?: string;
  };
}

export interface PauseAnswer {
  paused: Pause | null;
}
