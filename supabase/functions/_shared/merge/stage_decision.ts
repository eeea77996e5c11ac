import type { Stage } from "../mapping/stage.ts";
import type { ContractStatus } from "../mapping/types.ts";
import { type Baseline, baselineByEvidence, baselineByRevision, stageAttempts } from "./baseline.ts";
import { isLeftToZoho, mayCorrect } from "./loops.ts";
import {
  isAgreement,
  isSameStage,
  stageAskedBy,
  stageField,
  stageIn,
  statusAskedBy,
  transition,
} from "./stage_rules.ts";
import type {
  Agreement,
  Choice,
  Conflict,
  MergeInput,
  Question,
  Shown,
  StageAnswer,
  StageOutcome,
  Theirs,
} from "./types.ts";

export interface StageDecision {
  outcome: StageOutcome;
  send: Stage | null;
  isCorrection: boolean;
  takeIn: ContractStatus | null;
  conflict: Conflict | null;
  question: Question | null;
  /** The agreement as it is known now, and once everything is done. */
  now: Agreement | null;
  next: Agreement | null;
}

type SeenRecord = Extract<Theirs, { kind: "record" }>;

/** One record's stage and one contract's status, with what both sides want. */
interface Case {
  input: MergeInput;
  theirs: SeenRecord;
  status: ContractStatus;
  stage: string | null;
  /** The stage that our status asks for; null when it asks for none or the stage is left to Zoho. */
  wanted: Stage | null;
  /** The status that their stage asks for. */
  asks: ReturnType<typeof statusAskedBy>;
  now: Agreement | null;
}

/** Decides the stage of a record that was read. The table of moved and changed is in docs/merge.md. */
export function decideStage(input: MergeInput, theirs: SeenRecord, status: ContractStatus): StageDecision {
  const stage = stageIn(theirs.fields);
  const baseline = baselineOf(input, theirs);
  const { agreed, later } = baseline.kind === "agreement" ? baseline : { agreed: null, later: null };
  const each: Case = {
    input,
    theirs,
    status,
    stage,
    wanted: isLeftToZoho(input.loops, stageField) ? null : stageAskedBy(status),
    asks: statusAskedBy(stage, input.rules),
    now: later ?? agreed ?? input.base?.agreed ?? null,
  };
  const moved = agreed === null || !isSameStage(stage, agreed.stage, input.rules);
  const changed = agreed === null || status !== agreed.status || later !== null && status !== later.status;
  if (!moved && !changed) return { ...nothing(each), next: agreed };
  if (isAgreement(status, stage, input.rules)) return remember(each, "agreed");
  return decisions[baseline.kind](each, moved, changed);
}

const decisions: Readonly<
  Record<Baseline["kind"], (each: Case, moved: boolean, changed: boolean) => StageDecision>
> = {
  agreement: (each, moved, changed) => {
    if (!moved) return sendOurs(each, null);
    return changed ? ourStands(each) : theirMove(each);
  },
  // Sales made the record before us: a stage without a matching status is replaced by ours.
  none: (each) => each.asks === null ? ourStands(each) : ask(each, "adopted_stage", each.asks),
  unknown: (each) => ask(each, "unknown_write", each.asks),
  ambiguous: (each) => ourStands(each),
};

function baselineOf({ base, attempts, revisions, rules }: MergeInput, theirs: SeenRecord): Baseline {
  return revisions === null
    ? baselineByEvidence(base, attempts, theirs, rules)
    : baselineByRevision(base, attempts, theirs);
}

function theirMove(each: Case): StageDecision {
  const { asks, status } = each;
  if (asks === null) return remember(each, "left");
  if (transition(status, asks) === "question") return ask(each, "unsigned", asks);
  return takeTheirs(each, asks);
}

function ourStands(each: Case): StageDecision {
  const { status, stage, asks, theirs, wanted } = each;
  if (wanted === null && asks === null) return remember(each, "left");
  return sendOurs(each, { status, theirStage: stage, asks, lastChange: theirs.lastChange });
}

function sendOurs(each: Case, conflict: Conflict | null): StageDecision {
  const { input, status, wanted, now } = each;
  if (wanted === null) return { ...remember(each, conflict ? "conflict" : "left"), conflict };
  const isCorrection = wasSentLast(wanted, each);
  if (isCorrection && !mayCorrect(input.loops, stageField, input.nowMs)) {
    return { ...nothing(each), outcome: "question", question: questionOf(each, "contested") };
  }
  return {
    ...nothing(each),
    outcome: conflict ? "conflict" : "sent",
    send: wanted,
    isCorrection,
    conflict,
    now,
    next: { stage: wanted, status, revision: input.plannedRevision },
  };
}

function takeTheirs(each: Case, asks: ContractStatus): StageDecision {
  const { stage, theirs } = each;
  return {
    ...nothing(each),
    outcome: "taken_in",
    takeIn: asks,
    next: { stage, status: asks, revision: theirs.revision },
  };
}

/** Both sides stay as they are, and are the new agreement. */
function remember(each: Case, outcome: "agreed" | "left" | "conflict"): StageDecision {
  const agreed = { stage: each.stage, status: each.status, revision: each.theirs.revision };
  return { ...nothing(each), outcome, now: agreed, next: agreed };
}

function nothing({ now }: Case): StageDecision {
  return {
    outcome: "unchanged",
    send: null,
    isCorrection: false,
    takeIn: null,
    conflict: null,
    question: null,
    now,
    next: now,
  };
}

/** A question, or what the person who answered it chose. */
function ask(each: Case, kind: StageAnswer["kind"], asks: ContractStatus | null): StageDecision {
  const choice = choiceFor(each, kind);
  if (choice === "circletel") return sendOurs(each, null);
  if (choice === "zoho") return asks === null ? remember(each, "left") : takeTheirs(each, asks);
  return { ...nothing(each), outcome: "question", question: questionOf(each, kind) };
}

const answers: Readonly<Record<StageAnswer["kind"] | "contested", readonly Choice[]>> = {
  unsigned: ["zoho", "circletel"],
  unknown_write: ["circletel", "zoho"],
  adopted_stage: ["circletel", "zoho"],
  contested: ["try_again", "leave_to_zoho"],
};

function questionOf(each: Case, kind: StageAnswer["kind"] | "contested"): Question {
  const { status, stage, asks, theirs } = each;
  return {
    kind,
    field: stageField,
    ours: status,
    theirs: stage,
    asks,
    answers: answers[kind],
    shown: shownOf(each),
    lastChange: theirs.lastChange,
  };
}

/** An answer applies only while the record is as it was shown. */
function choiceFor(each: Case, kind: StageAnswer["kind"]): StageAnswer["choice"] | null {
  const { answer } = each.input;
  if (answer === null || answer.kind !== kind) return null;
  const now = shownOf(each);
  const isAsShown = answer.shown.status === now.status && answer.shown.stage === now.stage &&
    answer.shown.revision === now.revision;
  return isAsShown ? answer.choice : null;
}

function shownOf({ status, stage, theirs }: Case): Shown {
  return { status, stage, revision: theirs.revision };
}

/** Whether our last stage write that arrived was this one: Zoho did not keep it, so sending it again is a correction. */
function wasSentLast(wanted: Stage, { input, theirs }: Case): boolean {
  const last = stageAttempts(input.attempts).findLast(({ outcome, revision }) =>
    outcome === "confirmed" || revision !== null && revision === theirs.revision
  );
  return last !== undefined && isSameStage(last.stage, wanted, input.rules);
}
