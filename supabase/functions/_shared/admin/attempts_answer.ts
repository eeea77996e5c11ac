import type { ZohoType } from "../mapping/record_type.ts";
import type { EntityType } from "../mapping/types.ts";
import type { Moment } from "../status/answer.ts";
import type { ListPage } from "./answer.ts";

// GET /attempts

export type AttemptStatus = "pending" | "success" | "failed" | "retrying";

/** One try at a record, as the log has it. */
export interface AttemptItem {
  id: string;
  at: Moment;
  entityType: EntityType;
  entityId: string;
  number: string | null;
  zohoType: ZohoType | null;
  zohoId: string | null;
  status: AttemptStatus;
  /** 1 to 3 within one visit. */
  tryNumber: number;
  /** Of the fault; null when it went well. */
  code: string | null;
  message: string | null;
  cause: string | null;
  durationMs: number | null;
}

export type AttemptsAnswer = ListPage<AttemptItem>;
