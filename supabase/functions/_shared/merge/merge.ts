import type { Fields } from "../mapping/types.ts";
import { decideOwned, type OwnedDecision } from "./owned_fields.ts";
import { revisionField } from "./revision.ts";
import { decideStage, type StageDecision } from "./stage_decision.ts";
import { stageAskedBy, stageField } from "./stage_rules.ts";
import type { Agreement, Base, MergeInput, MergeResult, Question, Theirs } from "./types.ts";

/**
 * What has to happen to one entity and its record: a pure function of CircleTel's rows, Zoho's record and what both
 * last agreed on. A trigger, a webhook, a replay and a reconcile all end here, and none of them carries a truth of
 * its own; so a hint that is late, lost or doubled changes nothing.
 */
export function merge(input: MergeInput): MergeResult {
  return byTheirs[input.theirs.kind](input);
}

const byTheirs: Readonly<Record<Theirs["kind"], (input: MergeInput) => MergeResult>> = {
  record: mergeRecord,
  not_read: mergeUnread,
  gone: askAboutGone,
  absent: makeRecord,
};

const noStage: StageDecision = {
  outcome: "none",
  send: null,
  isCorrection: false,
  takeIn: null,
  conflict: null,
  question: null,
  now: null,
  next: null,
};

function mergeRecord(input: MergeInput): MergeResult {
  const { ours: { status }, base, theirs } = input;
  const stage = status === null || theirs.kind !== "record" ? noStage : decideStage(input, theirs, status);
  // A restored database may have issued a number twice: until a person decides, the record is not written.
  const isHeldBack = base === null && stage.question?.kind === "unknown_write";
  if (isHeldBack) return resultOf(input, noFields, stage, null, null);
  const owned = decideOwned(input);
  return resultOf(input, owned, stage, baseOf(owned.now, stage.now), baseOf(owned.next, stage.next));
}

/** Without a look only fields that CircleTel owns are written, never the stage. */
function mergeUnread(input: MergeInput): MergeResult {
  const { ours: { status }, base, attempts } = input;
  if (base === null) return { ...resultOf(input, noFields, noStage, null, null), needsLook: true };
  const owned = decideOwned(input);
  const result = resultOf(
    input,
    owned,
    noStage,
    baseOf(owned.now, base.agreed),
    baseOf(owned.next, base.agreed),
  );
  const mayWriteStage = status !== null && base.agreed?.status !== status;
  return { ...result, needsLook: mayWriteStage || attempts.some(({ outcome }) => outcome === "unknown") };
}

function askAboutGone(input: MergeInput): MergeResult {
  const { ours, base } = input;
  const shown = { status: ours.status, stage: null, revision: null };
  const question: Question = {
    kind: "record_gone",
    field: null,
    ours: ours.status,
    theirs: null,
    asks: null,
    answers: ["make_again", "unlink"],
    shown,
    lastChange: { by: null, at: null },
  };
  return resultOf(input, { ...noFields, questions: [question] }, noStage, base, base);
}

/** A new record: everything that says something, and a stage, without which Zoho makes no Deal. */
function makeRecord(input: MergeInput): MergeResult {
  const { ours: { status, firstStage }, plannedRevision } = input;
  const owned = decideOwned({ ...input, base: null, loops: {} });
  const send = status === null ? null : stageAskedBy(status) ?? firstStage;
  const next: Agreement | null = status === null || send === null
    ? null
    : { stage: send, status, revision: plannedRevision };
  const stage: StageDecision = send === null ? noStage : { ...noStage, outcome: "sent", send, next };
  return resultOf(input, owned, stage, null, baseOf(owned.next, next));
}

const noFields: OwnedDecision = {
  send: {},
  drift: [],
  corrections: [],
  calmed: [],
  questions: [],
  now: {},
  next: {},
};

function resultOf(
  { plannedRevision }: MergeInput,
  owned: OwnedDecision,
  stage: StageDecision,
  baseNow: Base | null,
  nextBase: Base | null,
): MergeResult {
  return {
    send: { ...owned.send, ...stageWrite(stage, plannedRevision) },
    takeIn: stage.takeIn,
    drift: owned.drift,
    questions: stage.question === null ? owned.questions : [stage.question, ...owned.questions],
    conflict: stage.conflict,
    corrections: stage.isCorrection ? [stageField, ...owned.corrections] : owned.corrections,
    calmed: owned.calmed,
    needsLook: false,
    stage: stage.outcome,
    baseNow,
    nextBase,
  };
}

/** A write without a stage carries no revision, so that it never covers one that it has not seen. */
function stageWrite({ send }: StageDecision, revision: string | null): Fields {
  if (send === null) return {};
  return revision === null ? { [stageField]: send } : { [stageField]: send, [revisionField]: revision };
}

function baseOf(fields: Fields, agreed: Agreement | null): Base {
  return { fields, agreed };
}
