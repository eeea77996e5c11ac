import type { EntityType } from "../mapping/types.ts";
import type { Moment } from "../status/answer.ts";
import type { ListPage } from "./answer.ts";

// What operators do to records and settings: POST /drop, /look, /unlink, /link, /make-again, /hold, /release, /settings;
// and GET /holds, /incidents

/** The call that takes an act back; null where it cannot be. */
export interface Undo {
  /** "POST /link" */
  route: string;
  body: Record<string, unknown>;
}

export interface NamedEntity {
  type: EntityType;
  id: string;
}

export interface NamedEntities {
  /** Up to 1,000. */
  entities: NamedEntity[];
}

export interface OneEntity {
  entityType: EntityType;
  id: string;
}

export interface DropAnswer {
  /** Changes that were taken out of the queue. */
  dropped: number;
  /** Stay: a drain is at work on them. */
  busy: number;
  undo: Undo | null;
}

export interface LookAnswer {
  /** Entities whose both sides are read again. */
  marked: number;
}

/** Of POST /unlink, /link, /make-again and /release. */
export interface ActAnswer {
  undo: Undo | null;
}

export interface ForgetAccountAnswer {
  /** Records of the company that are due. */
  marked: number;
}

export interface HoldRequest extends OneEntity {
  reason?: string;
  /** Left out: until it is released. */
  until?: Moment;
}

export interface Hold {
  reason: string | null;
  /** An admin's id, or "secret key". */
  by: string;
  byName: string | null;
  since: Moment;
  until: Moment | null;
}

export interface HoldsAnswer {
  holds: (Hold & { entityType: EntityType; entityId: string; number: string | null; name: string | null })[];
}

export interface ChangeSettingsRequest {
  dailyCredits?: number;
  syncedTypes?: EntityType[];
}

export interface OperatorSettings {
  dailyCredits: number;
  syncedTypes: EntityType[];
}

export interface ChangeSettingsAnswer {
  before: OperatorSettings;
  after: OperatorSettings;
  undo: Undo | null;
}

/** One pause of sending, from its beginning to the last change that had waited for its end. */
export interface Incident {
  id: string;
  /** Of the first fault, or PAUSED_BY_HAND. */
  code: string;
  message: string | null;
  byHand: boolean;
  /** An admin's id or "secret key"; null for a fault. */
  by: string | null;
  byName: string | null;
  beganAt: Moment;
  /** Null while it lasts. */
  endedAt: Moment | null;
  /** The most changes that waited at a time; a backfill is not counted. */
  waited: number;
  /** Null until all of them that can be sent are. */
  arrivedAt: Moment | null;
}

export type IncidentsAnswer = ListPage<Incident>;
