import { stageIn } from "../../supabase/functions/_shared/merge/stage_rules.ts";
import { loopsConfirmed, loopsDecided } from "../../supabase/functions/_shared/merge/loops.ts";
import { merge } from "../../supabase/functions/_shared/merge/merge.ts";
import { revisionOf } from "../../supabase/functions/_shared/merge/revision.ts";
import type {
  Attempt,
  Base,
  LastChange,
  MergeInput,
  MergeResult,
  Theirs,
} from "../../supabase/functions/_shared/merge/types.ts";
import type { ValueRules } from "../../supabase/functions/_shared/merge/values.ts";
import type { ContractStatus, Fields } from "../../supabase/functions/_shared/mapping/types.ts";

// A contract and its Deal in step. A test starts from it and changes one thing.

export const epoch = 123_456;
/** Of base, and of the write that is planned now. */
export const baseRevision = revisionOf(epoch, 10);
export const plannedRevision = revisionOf(epoch, 20);
/** Of an attempt between the two. */
export const attemptRevision = revisionOf(epoch, 15);
/** Of this epoch but beyond the sequence; of another deployment; typed by a person. */
export const aheadRevision = revisionOf(epoch, 500);
export const foreignRevision = revisionOf(654_321, 3);
export const typedRevision = "7";

export const seller: LastChange = { by: "Thandi", at: "2026-11-20T12:00:00+02:00" };
export const nowMs = Date.parse("2026-11-20T10:00:05Z");

export const rules: ValueRules = {
  types: {
    Stage: "picklist",
    KYC_Status: "picklist",
    Amount: "currency",
    Closing_Date: "date",
    Email: "email",
  },
  options: {
    Stage: [
      { actual: "Proposal/Price Quote", displayed: "Proposal/Price Quote" },
      { actual: "Negotiation/Review", displayed: "Negotiation/Review" },
      { actual: "Closed Won", displayed: "Won" },
      { actual: "Closed Lost", displayed: "Closed Lost" },
      { actual: "Needs Analysis", displayed: "Needs Analysis" },
    ],
  },
  timeZone: "Africa/Johannesburg",
};

export const ownedFields: Fields = { KYC_Status: "Completed", Amount: 1200.5 };

export function goodBase(
  stage: string,
  status: ContractStatus,
  values: { revision?: string | null; fields?: Fields } = {},
): Base {
  const { revision = baseRevision, fields = ownedFields } = values;
  return { fields, agreed: { stage, status, revision } };
}

export function goodRecord(
  stage: string | null,
  values: { revision?: string | null; fields?: Fields; lastChange?: LastChange } = {},
): Theirs {
  const { revision = baseRevision, fields = ownedFields, lastChange = seller } = values;
  return { kind: "record", fields: { ...fields, Stage: stage }, revision, lastChange };
}

export function goodAttempt(stage: string, status: ContractStatus, values: Partial<Attempt> = {}): Attempt {
  return { sent: { Stage: stage }, status, revision: attemptRevision, outcome: "unknown", ...values };
}

/** A contract that waits for signatures, its Deal in Negotiation. */
export function goodInput(values: Partial<MergeInput> = {}): MergeInput {
  return {
    ours: { fields: ownedFields, status: "pending_signature", firstStage: null },
    base: goodBase("Negotiation/Review", "pending_signature"),
    attempts: [],
    theirs: goodRecord("Negotiation/Review"),
    revisions: { epoch, lastSequence: 100, earlier: [] },
    plannedRevision,
    loops: {},
    answer: null,
    rules,
    nowMs,
    ...values,
  };
}

export function oursWith(status: ContractStatus | null, fields: Fields = ownedFields): MergeInput["ours"] {
  return { fields, status, firstStage: null };
}

/** What a test says of a result in a line: outcome, stage sent, status taken in, questions, conflict. */
export function summary(result: MergeResult): string {
  const { stage, send, takeIn, questions, conflict } = result;
  return [
    stage,
    stageIn(send) === null ? "" : `send ${stageIn(send)}`,
    takeIn === null ? "" : `take in ${takeIn}`,
    ...questions.map(({ kind }) => `ask ${kind}`),
    conflict === null ? "" : `conflict with ${conflict.theirStage}`,
  ].filter((part) => part !== "").join(", ");
}

export const summaryOf = (values: Partial<MergeInput>): string => summary(merge(goodInput(values)));

/** The input after everything that a result says was done and confirmed. */
export function inputAfter(input: MergeInput, result: MergeResult): MergeInput {
  const { theirs, ours, attempts, loops, nowMs: atMs } = input;
  const { send, takeIn, nextBase } = result;
  const wrote = Object.keys(send).length > 0;
  const revision = typeof send.CircleTel_Revision === "string" ? send.CircleTel_Revision : null;
  const held = theirs.kind === "record" ? theirs : { fields: {}, revision: null, lastChange: seller };
  const canShow = theirs.kind === "record" || theirs.kind === "absent" && wrote;
  const isAgreed = theirs.kind === "record" && result.stage !== "question";
  const judged = attempts.map((each): Attempt =>
    each.outcome === "unknown" && isAgreed ? { ...each, outcome: "judged" } : each
  );
  const attempt: Attempt = { sent: send, status: ours.status, revision, outcome: "confirmed" };
  return {
    ...input,
    ours: takeIn === null ? ours : { ...ours, status: takeIn },
    base: nextBase,
    loops: loopsConfirmed(loopsDecided(loops, result, atMs), send, result.corrections, atMs),
    attempts: wrote ? [...judged, attempt] : judged,
    theirs: canShow
      ? { ...held, kind: "record", fields: { ...held.fields, ...send }, revision: revision ?? held.revision }
      : theirs,
  };
}
