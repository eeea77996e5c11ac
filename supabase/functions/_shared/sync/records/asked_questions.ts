import { maskFields, maskText } from "../../mapping/mask.ts";
import type { FieldValue } from "../../mapping/types.ts";
import { stageField } from "../../merge/stage_rules.ts";
import type { Conflict, Question } from "../../merge/types.ts";
import type { AskedQuestion } from "../claim/change.ts";
import type { Decision } from "./decide.ts";

/** The questions that a look leaves for a person. */
export function questionsOf(decision: Decision): AskedQuestion[] {
  const { result } = decision;
  const asked = result.questions.map(askedQuestion);
  return result.conflict === null ? asked : [...asked, askedConflict(result.conflict, decision)];
}

function askedQuestion(question: Question): AskedQuestion {
  const { kind, field, ours, theirs, asks, answers, shown, lastChange } = question;
  return {
    kind,
    field,
    ours: maskedValue(field, ours),
    theirs: maskedTheirs(field, theirs),
    asks,
    answers,
    shown: kind === "contested" || kind === "record_gone" ? {} : shown,
    changed_by: lastChange.by,
    changed_at: lastChange.at,
  };
}

/** Both sides changed the stage. CircleTel's status is kept; a person may still take Zoho's side. */
export function askedConflict(
  { status, theirStage, asks, lastChange }: Conflict,
  decision: Decision,
): AskedQuestion {
  const { result } = decision;
  return {
    kind: "conflict",
    field: stageField,
    ours: status,
    theirs: theirStage,
    asks,
    answers: asks === null ? ["keep"] : ["keep", "zoho"],
    shown: { status, stage: theirStage, revision: result.nextBase?.agreed?.revision ?? null },
    changed_by: lastChange.by,
    changed_at: lastChange.at,
  };
}

/** Free-text fields: a value typed there may name a person. */
const freeText = new Set(["Deal_Name", "Subject"]);

export function maskedValue(field: string | null, value: FieldValue): FieldValue {
  return field === null ? value : maskFields({ [field]: value })[field] ?? null;
}

export function maskedTheirs(field: string | null, value: FieldValue): FieldValue {
  const isFree = field !== null && freeText.has(field);
  return isFree && typeof value === "string" ? maskText(value) : maskedValue(field, value);
}
