import { revisionField } from "../../merge/revision.ts";
import { stageField } from "../../merge/stage_rules.ts";
import type { Base, Loops, StageAnswer } from "../../merge/types.ts";
import { answerContested } from "../../merge/loops.ts";
import type { Fields } from "../../mapping/types.ts";
import type { Answer, Change, Mapping, SettledRecord } from "../claim/change.ts";

/** A mapping's base in the form that merge takes; null for a record that we never read or wrote. */
export function baseOf(mapping: Mapping | null): Base | null {
  if (mapping === null || Object.keys(mapping.snapshot).length === 0) return null;
  const { snapshot, agreed_status: status, revision } = mapping;
  const { [stageField]: stage, ...fields } = snapshot;
  if (status === null) return { fields, agreed: null };
  return { fields, agreed: { stage: typeof stage === "string" ? stage : null, status, revision } };
}

/** A base in the form that the mapping stores: the agreed stage is one of the fields. */
export function keptBase(base: Base): Pick<SettledRecord, "fields" | "agreed_status" | "revision"> {
  const { fields, agreed } = base;
  const { [revisionField]: _revision, ...kept }: Fields = agreed === null
    ? { ...fields }
    : { ...fields, [stageField]: agreed.stage };
  return { fields: kept, agreed_status: agreed?.status ?? null, revision: agreed?.revision ?? null };
}

/** The corrections so far, with a person's answers about contested fields applied. */
export function loopsOf({ mapping, answers }: Change): Loops {
  let loops: Loops = mapping?.loops ?? {};
  for (const { kind, field, choice } of answers) {
    const isContested = kind === "contested" && field !== null;
    if (isContested && (choice === "try_again" || choice === "leave_to_zoho")) {
      loops = answerContested(loops, field, choice);
    }
  }
  return loops;
}

const stageKinds = ["unsigned", "unknown_write", "adopted_stage"] as const;

/** A person's answer about the stage. */
export function stageAnswerOf({ answers }: Change): StageAnswer | null {
  for (const each of answers) {
    const kind = stageKinds.find((name) => name === each.kind);
    const { choice } = each;
    if (kind !== undefined && hasShown(each) && (choice === "zoho" || choice === "circletel")) {
      return { kind, choice, shown: each.shown };
    }
  }
  return null;
}

function hasShown(answer: Answer): answer is Answer & Pick<StageAnswer, "shown"> {
  return "revision" in answer.shown;
}

/** A person's answer about the record as a whole. */
export function recordChoice({ answers }: Change, kind: "record_gone"): string | null {
  return answers.find((each) => each.kind === kind)?.choice ?? null;
}
