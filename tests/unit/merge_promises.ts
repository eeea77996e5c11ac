import { fail } from "@std/assert";
import { merge } from "../../supabase/functions/_shared/merge/merge.ts";
import { settledBase } from "../../supabase/functions/_shared/merge/settled_base.ts";
import { stageIn } from "../../supabase/functions/_shared/merge/stage_rules.ts";
import type {
  Agreement,
  Attempt,
  Base,
  LastChange,
  MergeInput,
  MergeResult,
  Theirs,
} from "../../supabase/functions/_shared/merge/types.ts";
import type { ContractStatus, Fields } from "../../supabase/functions/_shared/mapping/types.ts";
import {
  aheadRevision,
  attemptRevision,
  baseRevision,
  foreignRevision,
  inputAfter,
  seller,
  typedRevision,
} from "./merge_samples.ts";

// The promises of the merge over every combination of a small model, by an oracle that shares no rule with it.

/** What each stage of the model asks for and agrees with; written out, not computed. */
const stageTable: readonly {
  stage: string | null;
  asks: ContractStatus | null;
  agrees: readonly string[];
}[] = [
  { stage: "Proposal/Price Quote", asks: "draft", agrees: ["draft"] },
  { stage: "Negotiation/Review", asks: "draft", agrees: ["draft", "pending_signature", "partially_signed"] },
  { stage: "Closed Won", asks: "active", agrees: ["active", "fully_signed"] },
  { stage: "Won", asks: "active", agrees: ["active", "fully_signed"] },
  { stage: "Closed Won - Renewal", asks: "active", agrees: ["active", "fully_signed"] },
  { stage: "Closed Lost", asks: "terminated", agrees: ["terminated"] },
  { stage: "Needs Analysis", asks: null, agrees: ["expired"] },
  { stage: null, asks: null, agrees: ["expired"] },
];
export const stageOf: Record<ContractStatus, string | null> = {
  draft: "Proposal/Price Quote",
  pending_signature: "Negotiation/Review",
  partially_signed: "Negotiation/Review",
  fully_signed: "Closed Won",
  active: "Closed Won",
  terminated: "Closed Lost",
  expired: null,
};
export const modelStatuses = Object.keys(stageOf).filter((status): status is ContractStatus =>
  status in stageOf
);
export const modelStages = stageTable.map(({ stage }) => stage);
export const rowOf = (stage: string | null) =>
  stageTable.find((row) => row.stage === stage) ?? fail(`no stage ${stage}`);
/** "Won" is the displayed value of Closed Won. */
const actualOf = (stage: string | null) => stage === "Won" ? "Closed Won" : stage;
export const isSame = (a: string | null, b: string | null) => actualOf(a) === actualOf(b);

export const modelFields: Fields = Object.freeze({ KYC_Status: "Completed" });
export const authors: readonly LastChange[] = [
  seller,
  { by: "the integration user", at: "2026-11-20T12:00:00+02:00" },
  { by: null, at: null },
];

const agreements: Agreement[] = modelStages.filter((stage) => stage !== "Won").flatMap((stage) =>
  modelStatuses.flatMap((status) =>
    [baseRevision, null].map((revision) => Object.freeze({ stage, status, revision }))
  )
);
export const bases: (Base | null)[] = [
  null,
  ...[null, ...agreements].map((agreed) => Object.freeze({ fields: modelFields, agreed })),
];

const outcomes: Attempt["outcome"][] = ["confirmed", "refused", "unknown"];
const tried: ContractStatus[] = ["draft", "pending_signature", "active", "terminated"];
export const attemptLists = (sent: Fields, revision: string | null): (readonly Attempt[])[] =>
  tried.flatMap((status) =>
    outcomes.map((outcome) =>
      Object.freeze([Object.freeze({ sent: { ...sent, Stage: stageOf[status] }, status, revision, outcome })])
    )
  );

export const shown = (stage: string | null, revision: string | null, values: Fields = modelFields): Theirs =>
  Object.freeze({
    kind: "record",
    fields: Object.freeze({ ...values, Stage: stage }),
    revision,
    lastChange: seller,
  });

export const carried = [null, baseRevision, attemptRevision, aheadRevision, foreignRevision, typedRevision];
export const unseen: Theirs[] = [{ kind: "not_read" }, { kind: "gone" }];

/** With the status that base has of a later time, when the attempt's write landed after base was settled. */
type Baseline = (Agreement & { later?: ContractStatus }) | "none" | "unknown";

interface Case {
  input: MergeInput;
  result: MergeResult;
}

function describe({ input, result }: Case): string {
  const { ours, base, attempts, theirs, revisions, loops } = input;
  return JSON.stringify(
    { ours, base, attempts, theirs, revisions: revisions !== null, loops, result },
    null,
    1,
  );
}

export function must(each: Case, property: string, holds: boolean): void {
  if (!holds) fail(`${property} does not hold for ${describe(each)}`);
}

function baselineOf({ base, attempts, theirs }: MergeInput): Baseline {
  const revision = theirs.kind === "record" ? theirs.revision : null;
  if (base?.agreed && base.agreed.revision === revision) return base.agreed;
  const [attempt] = attempts;
  if (attempt && revision !== null && attempt.status !== null && attempt.revision === revision) {
    const { status, outcome } = attempt;
    const later = outcome !== "unknown" && base?.agreed ? { later: base.agreed.status } : {};
    return { stage: stageIn(attempt.sent), status, revision, ...later };
  }
  return revision === null && !base?.agreed ? "none" : "unknown";
}

/** Convergence: once a result is carried out there is nothing to do, or the same question is open. */
export function converges(each: Case): void {
  const { input, result } = each;
  const after = inputAfter(input, result);
  const again = merge(after);
  must(each, "convergence: nothing more to send", Object.keys(again.send).length === 0);
  must(each, "convergence: nothing more to take in", again.takeIn === null && again.conflict === null);
  const asked = (of: MergeResult) => of.questions.map(({ kind, field }) => `${kind} ${field}`).join();
  must(each, "convergence: the same questions", asked(again) === asked(result));
  must(each, "convergence: one base", again.nextBase?.agreed?.stage === after.base?.agreed?.stage);
  must(each, "convergence: one status", again.nextBase?.agreed?.status === after.base?.agreed?.status);
}

/** Idempotence: a write whose answer was lost and whose settlement never came is not taken for anything else. */
export function survivesLostAnswer(each: Case): void {
  const { input, result } = each;
  if (!Object.hasOwn(result.send, "Stage") || result.takeIn !== null) return;
  const after = inputAfter(input, result);
  const attempts = after.attempts.map((attempt, index) =>
    index < input.attempts.length ? attempt : { ...attempt, outcome: "unknown" as const }
  );
  const again = merge({ ...after, attempts, base: settledBase(result, null, false) });
  must(each, "idempotence: the write is remembered", !Object.hasOwn(again.send, "Stage"));
  must(each, "idempotence: nothing is taken in", again.takeIn === null && again.conflict === null);
  must(
    each,
    "idempotence: the contract and its Deal are in step",
    again.nextBase?.agreed?.status === input.ours.status,
  );
}

export function keepsPromises(
  each: Case,
  status: ContractStatus,
  theirs: Extract<Theirs, { kind: "record" }>,
): void {
  const { input, result } = each;
  const stage = stageIn(theirs.fields);
  const { asks, agrees } = rowOf(stage);
  const isAsked = result.questions.length > 0;
  const isSent = Object.hasOwn(result.send, "Stage");
  const doesAgree = agrees.includes(status);
  const baseline = baselineOf(input);

  if (baseline === "unknown") {
    must(each, "restore safety: never taken in", result.takeIn === null);
    must(each, "restore safety: never overwritten", !isSent);
    must(each, "restore safety: asked, unless it agrees", isAsked !== doesAgree);
    return;
  }
  if (baseline === "none") {
    must(each, "an unexplained stage is never taken in", result.takeIn === null);
    must(
      each,
      "an unexplained stage is asked about if it asks for another status",
      isAsked === (asks !== null && !doesAgree),
    );
    return;
  }
  const moved = !isSame(stage, baseline.stage);
  const changed = status !== baseline.status || status !== (baseline.later ?? status);
  if (moved && asks !== null) {
    must(
      each,
      "no silent loss: a moved stage is taken in, agreed, in conflict or asked",
      result.takeIn === asks || doesAgree || result.conflict !== null || isAsked,
    );
  }
  if (moved && isSent) {
    must(each, "no silent loss: an overwritten move is in conflict", result.conflict !== null);
  }
  if (changed) {
    must(each, "ours stands: a changed status is never replaced", result.takeIn === null);
    must(
      each,
      "ours stands: a changed status is sent, agreed or asked",
      isSent && result.send.Stage === stageOf[status] || doesAgree || isAsked || stageOf[status] === null,
    );
  }
  if (!moved && !changed) {
    must(each, "nothing happens while nobody does anything", result.stage === "unchanged");
  }
  if (!changed && !isAsked) must(each, "an unchanged status sends no stage", !isSent);
  must(each, "a conflict needs both sides", result.conflict === null || moved && changed);
}

export function isIndependentOfPeople(each: Case): void {
  const { input, result } = each;
  const { theirs } = input;
  if (theirs.kind !== "record") return;
  for (const lastChange of authors) {
    const other = merge({ ...input, theirs: { ...theirs, lastChange } });
    must(
      each,
      "who and when are no criterion",
      other.stage === result.stage && other.takeIn === result.takeIn &&
        other.send.Stage === result.send.Stage,
    );
  }
}
