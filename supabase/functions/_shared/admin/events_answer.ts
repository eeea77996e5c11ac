import type { EntityType } from "../mapping/types.ts";
import type { Moment } from "../status/answer.ts";
import type { ShownValue } from "../status/field_line.ts";
import type { PreviewedChange } from "../sync/by_hand/previewed_change.ts";
import type { ListPage } from "./answer.ts";

// GET /events, /event, POST /replay

export type EventStatus =
  | "received"
  | "applied"
  | "nothing_new"
  | "put_back"
  | "conflict"
  | "question"
  | "gone"
  | "unmapped"
  | "ignored"
  | "failed";

/** A hint: Zoho said that a record may have changed. */
export interface EventItem {
  id: string;
  seq: number;
  receivedAt: Moment;
  /** poll: a reconcile found it. */
  source: "signed" | "notification" | "poll";
  module: string;
  operation: "insert" | "update" | "delete";
  recordId: string;
  status: EventStatus;
  reason: string | null;
  /** When the outcome was known. */
  appliedAt: Moment | null;
  /** From the hint; null for a record that is not CircleTel's. */
  modifiedAt: Moment | null;
  /** The id of a user in Zoho. */
  modifiedBy: string | null;
  entityType: EntityType | null;
  entityId: string | null;
  number: string | null;
}

export type EventsAnswer = ListPage<EventItem>;

export interface EventAnswer {
  event: EventItem & {
    /** The hint's values of fields that do not name a person; for people to read, never applied. */
    told: Record<string, ShownValue> | null;
  };
}

export type ReplayBody =
  & { dryRun?: boolean }
  & ({ eventId: string } | { from: Moment; to: Moment; status?: EventStatus });

export interface ReplayAnswer {
  dryRun: boolean;
  /** Events that were found. */
  replayed: number;
  /** Entities that are looked at again. */
  marked: number;
  complete: boolean;
  /** Of a dry run. */
  results: PreviewedChange[];
}
