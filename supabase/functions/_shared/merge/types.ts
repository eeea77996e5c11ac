import type { Stage } from "../mapping/stage.ts";
import type { ContractStatus, Fields, FieldValue } from "../mapping/types.ts";
import type { RevisionSpace } from "./revision.ts";
import type { ValueRules } from "./values.ts";

/**
 * The words of the merge:
 *
 * - ours: what CircleTel's rows say now
 * - theirs: what the record in Zoho shows now
 * - base: what both last agreed on
 * - moved: the stage in Zoho is another than base's
 * - changed: the contract's status is another than base's
 * - revision: the number of our stage write that a record carries (revision.ts)
 */
export interface MergeInput {
  ours: Ours;
  /** Null for a record that was never in step. */
  base: Base | null;
  /** Our own attempts at this record, oldest first. */
  attempts: readonly Attempt[];
  theirs: Theirs;
  /** Null where the org does not keep the revision field: then the other fields of a write are the evidence. */
  revisions: RevisionSpace | null;
  /** The revision for a write of the stage, drawn for this plan and kept over its tries; null where none is kept. */
  plannedRevision: string | null;
  /** Corrections so far, by field (loops.ts). */
  loops: Loops;
  /** What a person chose for this record's stage; it acts only while the record shows what was shown. */
  answer: StageAnswer | null;
  rules: ValueRules;
  nowMs: number;
}

export interface Ours {
  /** The fields that CircleTel owns, by Zoho api_name; the stage is not among them. */
  fields: Fields;
  /** Null for a record without a shared stage (quote, invoice, customer). */
  status: ContractStatus | null;
  /** The stage of a new record when the status has none of its own; Zoho refuses a Deal without a stage. */
  firstStage: Stage | null;
}

/** Stage, status and revision of one agreement: they move together or not at all. */
export interface Agreement {
  stage: string | null;
  status: ContractStatus;
  revision: string | null;
}

export interface Base {
  /** The owned fields as Zoho last confirmed or showed them. */
  fields: Fields;
  /** Null while there is none: no shared stage, or a record that was adopted with its stage in question. */
  agreed: Agreement | null;
}

/**
 * | outcome | meaning |
 * |---|---|
 * | confirmed | Zoho accepted it, and that was settled |
 * | refused | Zoho refused it |
 * | unknown | no answer came, or one that was never settled |
 * | judged | unknown, and a new agreement was settled since from a look that did not show it; should it land late, its revision tells |
 */
export type AttemptOutcome = "confirmed" | "refused" | "unknown" | "judged";

/** A write of ours, as the attempt log keeps it. */
export interface Attempt {
  /** What was sent, with Stage if the write carried one. */
  sent: Fields;
  /** The status that the write was made for. */
  status: ContractStatus | null;
  revision: string | null;
  outcome: AttemptOutcome;
}

/**
 * A loop: CircleTel sends a value, something in Zoho changes it (a workflow, a currency that rounds, a text that is cut),
 * CircleTel sends it again. A correction is a value that was sent before and did not stay.
 */
export interface FieldLoop {
  /** The value of ours that was last confirmed. */
  value: FieldValue;
  correctedAtMs: readonly number[];
  /**
   * Contested: corrections have stopped and a question is open; a new value of ours is still sent, once.
   * Left: a person left this field of this record to Zoho; nothing is sent.
   */
  state: "watched" | "contested" | "left";
}

/** By Zoho api_name; kept with the mapping. */
export type Loops = Readonly<Record<string, FieldLoop>>;

/**
 * | kind | meaning |
 * |---|---|
 * | record | as it was just read |
 * | not_read | linked, and not looked at this time |
 * | gone | Zoho has no such record any more, confirmed by reading |
 * | absent | there is none yet: searched for by reference and by revision |
 */
export type Theirs =
  | { kind: "record"; fields: Fields; revision: string | null; lastChange: LastChange }
  | { kind: "not_read" }
  | { kind: "gone" }
  | { kind: "absent" };

/** Zoho's Modified_By and Modified_Time: for people to read, never a criterion. */
export interface LastChange {
  by: string | null;
  at: string | null;
}

export interface MergeResult {
  /** Fields for Zoho; empty when there is nothing to write. A Stage comes with the revision. */
  send: Fields;
  /** A status for CircleTel, to be written only if the row still has the version seen at claim. */
  takeIn: ContractStatus | null;
  /** Owned fields that were changed in Zoho. The values may name persons: masked before they are logged. */
  drift: Drift[];
  questions: Question[];
  /** To be recorded when the attempt is opened, before the call. */
  conflict: Conflict | null;
  /** The fields of `send` whose value was sent before and did not stay (loops.ts counts them). */
  corrections: string[];
  /** Fields with a loop that show CircleTel's value by now. */
  calmed: string[];
  /** The record must be read before its stage can be decided. */
  needsLook: boolean;
  stage: StageOutcome;
  /** The base whatever becomes of `send` and `takeIn`. */
  baseNow: Base | null;
  /** The base once both are done. settledBase() answers what lies between. */
  nextBase: Base | null;
}

/**
 * The outcome for the stage, for hints and logs.
 *
 * | outcome | meaning |
 * |---|---|
 * | none | the record has no shared stage, or was not read |
 * | unchanged | neither side did anything |
 * | agreed | a side did something and the two agree |
 * | left | the stage asks for no status, or the status for no stage: both stay |
 * | taken_in, sent, conflict, question | as the words say; a conflict's stage is sent too, if the status has one |
 */
export type StageOutcome =
  | "none"
  | "unchanged"
  | "agreed"
  | "left"
  | "taken_in"
  | "sent"
  | "conflict"
  | "question";

/** A field with the values of both sides. */
export interface Drift {
  field: string;
  ours: FieldValue;
  theirs: FieldValue;
}

/** Both sides changed the stage; CircleTel's is kept. */
export interface Conflict {
  status: ContractStatus;
  theirStage: string | null;
  /** The status that Zoho's stage asks for: the button "take Zoho's side" exists only with one. */
  asks: ContractStatus | null;
  lastChange: LastChange;
}

/**
 * | kind | what is asked |
 * |---|---|
 * | unsigned | a move in Zoho would un-sign the contract |
 * | unknown_write | the record carries a write that this database does not remember |
 * | adopted_stage | a record that sales made shows a stage that asks for another status |
 * | contested | Zoho keeps changing a field after us |
 * | record_gone | the record was deleted in Zoho |
 */
export type MergeQuestionKind = "unsigned" | "unknown_write" | "adopted_stage" | "contested" | "record_gone";

export type Choice = "zoho" | "circletel" | "try_again" | "leave_to_zoho" | "make_again" | "unlink";

/** One open question per record, kind and field. */
export interface Question {
  kind: MergeQuestionKind;
  field: string | null;
  /** Of a stage the status, else the field's value. */
  ours: FieldValue;
  theirs: FieldValue;
  /** The status that answering "zoho" sets. */
  asks: ContractStatus | null;
  /** The first does what the original service did. */
  answers: readonly Choice[];
  shown: Shown;
  lastChange: LastChange;
}

/** What an answer depends on: it acts only while all of it is as it was shown. */
export interface Shown {
  status: ContractStatus | null;
  stage: string | null;
  revision: string | null;
}

export interface StageAnswer {
  kind: "unsigned" | "unknown_write" | "adopted_stage";
  choice: "zoho" | "circletel";
  shown: Shown;
}
