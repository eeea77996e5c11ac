import type { Fields } from "../../mapping/types.ts";
import { loopsConfirmed } from "../../merge/loops.ts";
import { settledBase } from "../../merge/settled_base.ts";
import { stageField } from "../../merge/stage_rules.ts";
import { SECOND } from "../../platform/duration.ts";
import { ended, type SeenOutcome, type SettledRecord, type Settlement } from "../claim/change.ts";
import { maskedTheirs, maskedValue, questionsOf } from "../records/asked_questions.ts";
import { keptBase } from "../records/base.ts";
import { type Decision, lastChangeOf } from "../records/decide.ts";

/** What Zoho confirmed of a write. */
export interface Confirmed {
  id: string;
  fields: Fields;
  modifiedAt: string | null;
}

/**
 * The settlement of a decision: the new base, a status for CircleTel, questions, and
 * the outcome of the look.
 *
 * @param confirmed null when nothing was sent
 */
export function settlementOf(decision: Decision, confirmed: Confirmed | null): Settlement {
  const { entity } = decision;
  const isLooked = decision.theirs.kind !== "not_read";
  const record = recordOf(decision, confirmed);
  const takeIn = takeInOf(decision, confirmed);
  return {
    ...ended(entity.change, "done"),
    ...(record === null ? {} : { record }),
    ...(takeIn === null ? {} : { take_in: takeIn }),
    ...(decision.theirs.kind === "gone" ? { state: "deleted_in_zoho" as const } : {}),
    ...(isLooked ? { questions: questionsOf(decision) } : {}),
    ...seenOf(decision, confirmed),
  };
}

/** Releases the change so that the record is read again after a while. */
export function lookAgain({ entity }: Decision, inMs: number): Settlement {
  return { ...ended(entity.change, "release"), look: true, retry_in_seconds: inMs / SECOND };
}

function recordOf(decision: Decision, confirmed: Confirmed | null): SettledRecord | null {
  const { entity, theirs } = decision;
  const zohoId = confirmed?.id ?? decision.zohoId;
  const isLearned = theirs.kind === "record" || confirmed !== null;
  if (zohoId === null || !isLearned) return null;
  const base = learnedBase(decision, confirmed, false);
  if (base === null) return null;
  const loops = confirmed === null
    ? decision.loops
    : loopsConfirmed(decision.loops, confirmed.fields, decision.result.corrections, decision.atMs);
  return {
    zoho_type: entity.kind.zohoType,
    zoho_id: zohoId,
    ...base,
    loops,
    modified_at: confirmed?.modifiedAt ?? lastChangeOf(decision).at,
  };
}

function takeInOf(decision: Decision, confirmed: Confirmed | null): Settlement["take_in"] | null {
  const { entity: { change }, result } = decision;
  if (result.takeIn === null || change.row_version === null) return null;
  const base = learnedBase(decision, confirmed, true);
  return base && { status: result.takeIn, row_version: change.row_version, ...base };
}

/** The base of the fields that were read or confirmed; for others the mapping may be newer, e.g. a field deleted meanwhile. */
function learnedBase(
  { result, theirs }: Decision,
  confirmed: Confirmed | null,
  isTakenIn: boolean,
): ReturnType<typeof keptBase> | null {
  const base = settledBase(result, confirmed?.fields ?? null, isTakenIn);
  if (base === null) return null;
  const told = { ...(theirs.kind === "record" ? theirs.fields : {}), ...confirmed?.fields };
  const learned = Object.entries(base.fields).filter(([name]) => Object.hasOwn(told, name));
  return keptBase({ ...base, fields: Object.fromEntries(learned) });
}

/** The most important outcome first. */
function seenOf(decision: Decision, confirmed: Confirmed | null): { seen?: SeenOutcome } {
  const { entity, result, theirs, ours } = decision;
  const by = lastChangeOf(decision);
  const details = { by: by.by, modified_at: by.at };
  if (theirs.kind === "gone") {
    return {
      seen: { outcome: "gone", reason: "RECORD_NOT_FOUND: deleted in Zoho; a person decides", details },
    };
  }
  if (theirs.kind !== "record") return {};
  const stage = theirs.fields[stageField] ?? null;
  if (result.takeIn !== null) {
    return {
      seen: {
        outcome: "applied",
        reason: `${ours.status} → ${result.takeIn}`,
        details: { ...details, from: ours.status, to: result.takeIn, stage },
      },
    };
  }
  if (result.conflict !== null) {
    const reason = `CONFLICT: the stage was also changed in Zoho; CircleTel's status ${ours.status} is kept`;
    return { seen: { outcome: "conflict", reason, details: { ...details, status: ours.status, stage } } };
  }
  const [question] = result.questions;
  if (question !== undefined) {
    const reason = `QUESTION: ${question.kind}${question.field === null ? "" : ` (${question.field})`}`;
    return { seen: { outcome: "question", reason, details } };
  }
  const putBack = result.drift.filter(({ field }) => Object.hasOwn(result.send, field));
  if (putBack.length > 0) {
    const names = putBack.map(({ field }) => field);
    return {
      seen: {
        outcome: "put_back",
        reason: `DRIFT: ${names.join(", ")} edited in Zoho; CircleTel's value is put back`,
        details: {
          ...details,
          drift: Object.fromEntries(putBack.map(({ field, ours: circletel, theirs: zoho }) => [
            field,
            { zoho: maskedTheirs(field, zoho, circletel), circletel: maskedValue(field, circletel) },
          ])),
        },
      },
    };
  }
  if (confirmed === null && entity.change.mapping === null) {
    const reason = "The record already existed in Zoho with CircleTel's values; it is linked";
    return { seen: { outcome: "linked", reason, details } };
  }
  const reason = result.stage === "left"
    ? "The stage has no matching contract status"
    : "Zoho already has CircleTel's values";
  return { seen: { outcome: "nothing_new", reason, details } };
}
