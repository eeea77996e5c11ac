import { withDescriptions } from "../../mapping/lines.ts";
import { maskFields, maskText } from "../../mapping/mask.ts";
import type { FieldValue } from "../../mapping/types.ts";
import { stageField } from "../../merge/stage_rules.ts";
import type { Conflict, Question } from "../../merge/types.ts";
import type { AskedQuestion } from "../claim/change.ts";
import { kinds } from "../claim/kinds.ts";
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
    theirs: maskedTheirs(field, theirs, ours),
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

/** Free-text fields: a value typed there may name a person, and so may the description of a line. */
const freeText = new Set(["Deal_Name", "Subject"]);
const lineFields = new Set(Object.values(kinds).flatMap(({ lines }) => lines ?? []));

export function maskedValue(field: string | null, value: FieldValue): FieldValue {
  return field === null ? value : maskFields({ [field]: value })[field] ?? null;
}

/** @param ours what CircleTel itself says is no secret */
export function maskedTheirs(field: string | null, theirs: FieldValue, ours: FieldValue): FieldValue {
  if (field === null || typeof theirs !== "string") return maskedValue(field, theirs);
  if (lineFields.has(field)) {
    return withDescriptions(theirs, typeof ours === "string" ? ours : "[]", maskText);
  }
  return freeText.has(field) ? maskText(theirs) : maskedValue(field, theirs);
}
