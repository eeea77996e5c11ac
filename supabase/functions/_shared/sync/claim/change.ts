import { z } from "zod";
import type { Loops, StageAnswer } from "../../merge/types.ts";
import { type ContractStatus, contractStatuses, entityTypes, type Fields } from "../../mapping/types.ts";
import { identity } from "../../identity/identity.ts";
import type { RevisionSpace } from "../../merge/revision.ts";

const fieldValue = z.union([z.string(), z.number(), z.boolean(), z.null(), z.object({ id: z.string() })]);
export const fields: z.ZodType<Fields> = z.record(z.string(), fieldValue);

export const contractStatus: z.ZodType<ContractStatus> = z.enum(contractStatuses);

const loops: z.ZodType<Loops> = z.record(
  z.string(),
  z.object({
    value: fieldValue,
    correctedAtMs: z.array(z.number()),
    state: z.enum(["watched", "contested", "left"]),
  }),
);

const shown = z.object({
  status: contractStatus.nullable(),
  stage: z.string().nullable(),
  revision: z.string().nullable(),
});

const foundShown = z.object({
  zoho_id: z.string(),
  reference: z.string().nullable(),
  account_id: z.string().nullable(),
});
/** A record that may belong to the entity, as it was shown to a person. */
export type FoundShown = z.infer<typeof foundShown>;

/** A person's answer, to be carried out now. */
const answer = z.object({
  kind: z.string(),
  field: z.string().nullable(),
  choice: z.string(),
  shown: z.union([shown, foundShown, z.object({})]),
});
export type Answer = z.infer<typeof answer>;

/** The linked record and its base, as the database keeps them. */
export const mapping = z.object({
  zoho_id: z.string(),
  state: z.enum(["linked", "orphaned", "deleted_in_zoho", "unlinked"]),
  /** The base's fields and the agreed stage. */
  snapshot: fields,
  agreed_status: contractStatus.nullable(),
  revision: z.string().nullable(),
  loops,
});
export type Mapping = z.infer<typeof mapping>;

/** A claimed queue row with everything needed to work it. */
export const change = z.object({
  entity_type: z.enum(entityTypes),
  entity_id: z.string(),
  version: z.number(),
  lane: z.number(),
  failed_rounds: z.number(),
  /** Something may have happened in Zoho: the record is read before anything is decided. */
  look: z.boolean(),
  forced: z.boolean(),
  cause: z.string(),
  source: z.unknown(),
  mapping: mapping.nullable(),
  /** An attempt at the record has an unknown outcome. */
  in_doubt: z.boolean(),
  answers: z.array(answer),
  /** Of a contract: the version of the row that the source was read from. */
  row_version: z.string().nullable(),
  /** By the database's clock: the look made now answers all earlier hints. */
  claimed_at: z.string().optional(),
  planned_revision: z.string().nullable(),
});
export type Change = z.infer<typeof change>;

export const pauseInfo = z.object({
  until: z.string().nullable(),
  code: z.string(),
  message: z.string(),
});
export type PauseInfo = z.infer<typeof pauseInfo>;

const knownRevisions = z.object({
  epoch: z.number(),
  last: z.number(),
  earlier: z.array(z.number()),
  checked_seconds_ago: z.number().nullable(),
  database_started_at: z.string().nullish(),
});
export type KnownRevisions = z.infer<typeof knownRevisions>;

export function spaceOf({ epoch, last, earlier }: KnownRevisions): RevisionSpace {
  return { epoch, lastSequence: last, earlier };
}

/** A module that is held while the others go on, and why. */
export const moduleHold = z.object({
  module: z.string(),
  code: z.string(),
  message: z.string(),
  /** 0: the hold has run out, and the module is probed before it is used. */
  seconds_left: z.number(),
});
export type ModuleHold = z.infer<typeof moduleHold>;

export const claimAnswer = z.object({
  acquired: z.boolean(),
  paused: pauseInfo.nullable(),
  look_again_ms: z.number().default(0),
  due_in_ms: z.number().default(0),
  concurrency: z.number().default(1),
  revisions: knownRevisions.nullish(),
  identity: identity.nullish(),
  was_paused: z.boolean().default(false),
  holds: z.array(moduleHold).default([]),
  changes: z.array(change),
});

/** A base as it is stored, with its record. */
export interface SettledRecord {
  zoho_type: string;
  zoho_id: string;
  fields: Fields;
  agreed_status: ContractStatus | null;
  revision: string | null;
  loops: Loops;
  modified_at: string | null;
}

/** A question in the form that zoho_sync.ask takes. */
export interface AskedQuestion {
  kind: string;
  field: string | null;
  /** Only for contact_match: why the Contact is uncertain. */
  reason?: string;
  ours: unknown;
  theirs: unknown;
  asks: ContractStatus | null;
  answers: readonly string[];
  shown: StageAnswer["shown"] | FoundShown | Record<string, never>;
  changed_by: string | null;
  changed_at: string | null;
}

/** The outcome of a look, for hints and logs; a hint stores `linked` as "nothing new". */
export interface SeenOutcome {
  outcome: "applied" | "nothing_new" | "put_back" | "conflict" | "question" | "gone" | "linked" | "ignored";
  reason: string;
  details: Record<string, unknown>;
}

/** How a change ended in this drain; the shape zoho_settle_changes takes. */
export interface Settlement {
  entity_type: string;
  entity_id: string;
  version: number;
  claimed_at?: string;
  outcome: "done" | "retry" | "dead" | "release";
  retry_in_seconds?: number;
  /** The next round reads the record. */
  look?: true;
  error?: { code: string; field: string | null; message: string };
  /** The record was written except for the part named in `error`. */
  in_part?: true;
  record?: SettledRecord;
  /** A status to take into CircleTel, and the base that follows. */
  take_in?: Pick<SettledRecord, "fields" | "agreed_status" | "revision"> & {
    status: ContractStatus;
    row_version: string;
  };
  state?: "deleted_in_zoho" | "unlinked";
  /** Absent: nothing was decided, and open questions stay. */
  questions?: AskedQuestion[];
  seen?: SeenOutcome;
}

/** The settlement of a change without further results. */
export function ended(
  { entity_type, entity_id, version, claimed_at }: Change,
  outcome: Settlement["outcome"],
): Settlement {
  return { entity_type, entity_id, version, ...(claimed_at === undefined ? {} : { claimed_at }), outcome };
}
