import type { Fields, FieldValue } from "../mapping/types.ts";
import { isLeftToZoho, loopOf, mayCorrect } from "./loops.ts";
import { revisionField } from "./revision.ts";
import { stageField } from "./stage_rules.ts";
import type { Drift, LastChange, MergeInput, Question } from "./types.ts";
import { isSameValue } from "./values.ts";

export interface OwnedDecision {
  send: Fields;
  drift: Drift[];
  corrections: string[];
  calmed: string[];
  questions: Question[];
  /** Zoho's known values now, and after `send` is confirmed. */
  now: Fields;
  next: Fields;
}

const notOwned = new Set([stageField, revisionField]);

/**
 * Every field that CircleTel owns gets CircleTel's value, whatever Zoho holds. Without a look, or for a field that the
 * look did not show, base says what Zoho holds.
 */
export function decideOwned(input: MergeInput): OwnedDecision {
  const { ours, base, theirs } = input;
  const decision: OwnedDecision = {
    send: {},
    drift: [],
    corrections: [],
    calmed: [],
    questions: [],
    now: { ...base?.fields },
    next: { ...base?.fields },
  };
  const read = theirs.kind === "record" ? theirs.fields : {};
  for (const [field, wanted] of Object.entries(ours.fields)) {
    if (notOwned.has(field)) continue;
    decideField(decision, input, field, wanted, Object.hasOwn(read, field) ? read[field] ?? null : undefined);
  }
  return decision;
}

/** @param shown undefined when it was not read */
function decideField(
  decision: OwnedDecision,
  input: MergeInput,
  field: string,
  wanted: FieldValue,
  shown: FieldValue | undefined,
): void {
  const { base, loops, rules, nowMs } = input;
  const isSame = (a: FieldValue | undefined, b: FieldValue | undefined) => isSameValue(field, a, b, rules);
  const known = base?.fields[field];
  const held = shown === undefined ? known ?? null : shown;
  const loop = loopOf(loops, field);
  decision.now[field] = held;
  decision.next[field] = held;

  if (isSame(held, wanted)) {
    if (shown !== undefined && loop !== null) decision.calmed.push(field);
    return;
  }
  const isDrift = shown !== undefined && base !== null && !isSame(shown, known) &&
    !isOurUnknown(input, field, shown);
  if (isDrift) decision.drift.push({ field, ours: wanted, theirs: held });
  if (isLeftToZoho(loops, field)) return;

  const isCorrection = base !== null && isSame(known, wanted) || loop !== null && isSame(loop.value, wanted);
  if (isCorrection && !mayCorrect(loops, field, nowMs)) {
    decision.questions.push(contested(input, field, wanted, held));
    return;
  }
  if (isCorrection) decision.corrections.push(field);
  decision.send[field] = wanted;
  decision.next[field] = wanted;
}

/** Whether the value is one that an attempt of ours may have left there. */
function isOurUnknown({ attempts, rules }: MergeInput, field: string, shown: FieldValue): boolean {
  return attempts.some(({ sent, outcome }) =>
    outcome === "unknown" && Object.hasOwn(sent, field) && isSameValue(field, sent[field], shown, rules)
  );
}

const unread: LastChange = { by: null, at: null };

function contested(
  { ours, theirs }: MergeInput,
  field: string,
  wanted: FieldValue,
  held: FieldValue,
): Question {
  return {
    kind: "contested",
    field,
    ours: wanted,
    theirs: held,
    asks: null,
    answers: ["try_again", "leave_to_zoho"],
    shown: { status: ours.status, stage: null, revision: null },
    lastChange: theirs.kind === "record" ? theirs.lastChange : unread,
  };
}
