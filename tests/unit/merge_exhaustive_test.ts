import { assert, assertEquals, fail } from "@std/assert";
import { merge } from "../../supabase/functions/_shared/merge/merge.ts";
import { settledBase } from "../../supabase/functions/_shared/merge/settled_base.ts";
import { stageIn } from "../../supabase/functions/_shared/merge/stage_rules.ts";
import type {
  Agreement,
  Attempt,
  Base,
  FieldLoop,
  LastChange,
  MergeInput,
  MergeResult,
  Theirs,
} from "../../supabase/functions/_shared/merge/types.ts";
import type { ContractStatus, Fields, FieldValue } from "../../supabase/functions/_shared/mapping/types.ts";
import {
  aheadRevision,
  attemptRevision,
  baseRevision,
  foreignRevision,
  goodInput,
  inputAfter,
  nowMs,
  plannedRevision,
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
const stageOf: Record<ContractStatus, string | null> = {
  draft: "Proposal/Price Quote",
  pending_signature: "Negotiation/Review",
  partially_signed: "Negotiation/Review",
  fully_signed: "Closed Won",
  active: "Closed Won",
  terminated: "Closed Lost",
  expired: null,
};
const statuses = Object.keys(stageOf).filter((status): status is ContractStatus => status in stageOf);
const stages = stageTable.map(({ stage }) => stage);
const rowOf = (stage: string | null) =>
  stageTable.find((row) => row.stage === stage) ?? fail(`no stage ${stage}`);
/** "Won" is the displayed value of Closed Won. */
const actualOf = (stage: string | null) => stage === "Won" ? "Closed Won" : stage;
const isSame = (a: string | null, b: string | null) => actualOf(a) === actualOf(b);

const fields: Fields = Object.freeze({ KYC_Status: "Completed" });
const people: readonly LastChange[] = [
  seller,
  { by: "the integration user", at: "2026-11-20T12:00:00+02:00" },
  { by: null, at: null },
];

const agreements: Agreement[] = stages.filter((stage) => stage !== "Won").flatMap((stage) =>
  statuses.flatMap((status) =>
    [baseRevision, null].map((revision) => Object.freeze({ stage, status, revision }))
  )
);
const bases: (Base | null)[] = [
  null,
  ...[null, ...agreements].map((agreed) => Object.freeze({ fields, agreed })),
];

const outcomes: Attempt["outcome"][] = ["confirmed", "refused", "unknown"];
const tried: ContractStatus[] = ["draft", "pending_signature", "active", "terminated"];
const attemptLists = (sent: Fields, revision: string | null): (readonly Attempt[])[] =>
  tried.flatMap((status) =>
    outcomes.map((outcome) =>
      Object.freeze([Object.freeze({ sent: { ...sent, Stage: stageOf[status] }, status, revision, outcome })])
    )
  );

const shown = (stage: string | null, revision: string | null, values: Fields = fields): Theirs =>
  Object.freeze({
    kind: "record",
    fields: Object.freeze({ ...values, Stage: stage }),
    revision,
    lastChange: seller,
  });

const carried = [null, baseRevision, attemptRevision, aheadRevision, foreignRevision, typedRevision];
const unseen: Theirs[] = [{ kind: "not_read" }, { kind: "gone" }];

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

function must(each: Case, property: string, holds: boolean): void {
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
function converges(each: Case): void {
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
function survivesLostAnswer(each: Case): void {
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

function keepsPromises(
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

function isIndependentOfPeople(each: Case): void {
  const { input, result } = each;
  const { theirs } = input;
  if (theirs.kind !== "record") return;
  for (const lastChange of people) {
    const other = merge({ ...input, theirs: { ...theirs, lastChange } });
    must(
      each,
      "who and when are no criterion",
      other.stage === result.stage && other.takeIn === result.takeIn &&
        other.send.Stage === result.send.Stage,
    );
  }
}

Deno.test("every combination of status, stage, base, revision, attempt and person keeps the promises", () => {
  let cases = 0;
  for (const base of bases) {
    const theirsOfBase = base === null ? [...unseen, { kind: "absent" } as const] : unseen;
    const allTheirs = [
      ...theirsOfBase,
      ...carried.flatMap((revision) => stages.map((stage) => shown(stage, revision))),
    ];
    for (const attempts of [[], ...attemptLists({}, attemptRevision)]) {
      for (const theirs of allTheirs) {
        for (const status of statuses) {
          const input = goodInput({
            ours: { fields, status, firstStage: "Closed Lost" },
            base,
            attempts,
            theirs,
          });
          const each = { input, result: merge(input) };
          converges(each);
          survivesLostAnswer(each);
          isIndependentOfPeople(each);
          cases += theirs.kind === "record" ? people.length : 1;
          if (theirs.kind === "record") keepsPromises(each, status, theirs);
          else must(each, "an unread stage is neither taken in nor sent", each.result.takeIn === null);
          if (theirs.kind === "not_read") {
            must(each, "an unread record gets no stage", !Object.hasOwn(each.result.send, "Stage"));
          }
        }
      }
    }
  }
  console.log(`      ${cases.toLocaleString("en")} combinations with revisions`);
  assert(cases > 1_000_000);
});

Deno.test("every combination keeps the promises where the org keeps no revision", () => {
  let cases = 0;
  const evidence = { KYC_Status: "Declined" };
  const unrevised = bases.filter((base) => base === null || base.agreed?.revision !== baseRevision);
  for (const base of unrevised) {
    for (const attempts of [[], ...attemptLists({}, null), ...attemptLists(evidence, null)]) {
      for (
        const theirs of [fields, evidence].flatMap((held) => stages.map((stage) => shown(stage, null, held)))
      ) {
        for (const status of statuses) {
          const input = goodInput({
            ours: { fields, status, firstStage: null },
            base,
            attempts,
            theirs,
            revisions: null,
            plannedRevision: null,
          });
          const each = { input, result: merge(input) };
          converges(each);
          isIndependentOfPeople(each);
          cases += people.length;
          if (attempts.every(({ outcome }) => outcome !== "unknown")) {
            if (theirs.kind === "record") keepsPromises(each, status, theirs);
            continue;
          }
          const [attempt] = attempts;
          const stage = theirs.kind === "record" ? stageIn(theirs.fields) : null;
          const { agrees } = rowOf(stage);
          const candidates = [
            base?.agreed,
            attempt && { stage: stageIn(attempt.sent), status: attempt.status },
          ];
          const known = candidates.filter((candidate) => candidate !== null && candidate !== undefined);
          const certainlyMoved = known.every((candidate) => !isSame(candidate.stage, stage));
          const certainlyChanged = known.every((candidate) => candidate.status !== status);
          const isSent = Object.hasOwn(each.result.send, "Stage");
          if (certainlyMoved && isSent) {
            must(
              each,
              "a stage that no write of ours explains is not overwritten silently",
              each.result.conflict !== null,
            );
          }
          if (certainlyChanged) must(each, "a changed status is never replaced", each.result.takeIn === null);
          if (certainlyChanged && !agrees.includes(status) && stageOf[status] !== null) {
            must(each, "a changed status is sent or asked", isSent || each.result.questions.length > 0);
          }
        }
      }
    }
  }
  console.log(`      ${cases.toLocaleString("en")} combinations without revisions`);
  assert(cases > 100_000);
});

const values: FieldValue[] = ["Completed", "Declined", null];
const heldValues: FieldValue[] = [...values, "Edited"];
const loopStates: (FieldLoop | null)[] = [
  null,
  ...values.flatMap((value) =>
    ([
      ["watched", [nowMs - 1, nowMs - 2]],
      ["watched", [nowMs - 1, nowMs - 2, nowMs - 3]],
      [
        "watched",
        [nowMs - 3_600_001, nowMs - 3_600_002, nowMs - 3_600_003],
      ],
      ["contested", []],
      ["left", []],
    ] as const).map(([state, correctedAtMs]) => ({ value, correctedAtMs, state }))
  ),
];

/** What may happen to the stage beside an owned field: nothing, a send, a take-in, a conflict, two questions. */
const besides: [ContractStatus, string, string | null][] = [
  ["pending_signature", "Negotiation/Review", baseRevision],
  ["active", "Negotiation/Review", baseRevision],
  ["pending_signature", "Closed Won", baseRevision],
  ["terminated", "Closed Won", baseRevision],
  ["terminated", "Closed Won", aheadRevision],
  ["pending_signature", "Closed Won", null],
];

Deno.test("every combination of an owned field's values, attempts and loops ends with CircleTel's value or a question", () => {
  let cases = 0;
  const field = "KYC_Status";
  const sentBefore: (readonly Attempt[])[] = [
    [],
    ...(["unknown", "refused"] as const).flatMap((outcome) =>
      heldValues.map((value) => [{ sent: { [field]: value }, status: null, revision: null, outcome }])
    ),
  ];
  for (const [status, stage, revision] of besides) {
    const agreed: Agreement = {
      stage: "Negotiation/Review",
      status: "pending_signature",
      revision: baseRevision,
    };
    const basesOfField: (Base | null)[] = [null, {}, ...heldValues.map((value) => ({ [field]: value }))].map((
      held,
    ) => held === null ? null : { fields: held, agreed });
    const theirsOfField: Theirs[] = [
      ...unseen,
      shown(stage, revision, {}),
      ...heldValues.map((value) => shown(stage, revision, { [field]: value })),
    ];
    for (const base of basesOfField) {
      for (const theirs of theirsOfField) {
        for (const wanted of values) {
          for (const attempts of sentBefore) {
            for (const loop of loopStates) {
              const input = goodInput({
                ours: { fields: { [field]: wanted }, status, firstStage: null },
                base,
                theirs,
                attempts,
                loops: loop === null ? {} : { [field]: loop },
              });
              const each = { input, result: merge(input) };
              converges(each);
              cases++;
              const { send, drift, questions, nextBase } = each.result;
              if (theirs.kind === "gone") {
                must(each, "nothing is sent to a record that is gone", Object.keys(send).length === 0);
                continue;
              }
              const wasShown = theirs.kind === "record" && Object.hasOwn(theirs.fields, field);
              const known = base?.fields[field] ?? null;
              const held = wasShown ? theirs.fields[field] ?? null : known;
              const isKept = theirs.kind === "not_read" && base === null ||
                base === null && questions.some(({ kind }) => kind === "unknown_write");
              const isContested = questions.some((question) => question.field === field);
              const isSent = Object.hasOwn(send, field);
              if (held === wanted || isKept) {
                must(each, "a field that shows our value is not sent", !isSent && !isContested);
                must(each, "a field that shows our value is no drift", drift.length === 0);
                continue;
              }
              must(
                each,
                "owned wins, or is asked, or was left by a person",
                isSent && send[field] === wanted || isContested || loop?.state === "left",
              );
              must(each, "a field is sent or asked about, never both", !(isSent && isContested));
              must(
                each,
                "base learns what Zoho will hold",
                nextBase?.fields[field] === (isSent ? wanted : held),
              );
              const isNew = (base === null || known !== wanted) && loop?.value !== wanted;
              if (isNew && loop?.state !== "left") must(each, "a new value of ours is sent", isSent);
              if (loop?.state === "contested" && !isNew) {
                must(each, "a contested field is not corrected", !isSent);
              }
              const isOurs = attempts.some(({ sent, outcome }) =>
                outcome === "unknown" && sent[field] === held
              );
              must(
                each,
                "drift is what neither base nor a lost write explains",
                (drift.length === 1) === (wasShown && base !== null && held !== known && !isOurs),
              );
            }
          }
        }
      }
    }
  }
  console.log(`      ${cases.toLocaleString("en")} combinations of an owned field`);
  assert(cases > 50_000);
});

Deno.test("merging twice gives the same, and changes none of its inputs", () => {
  for (const [status, stage, revision] of besides) {
    const input = goodInput({ ours: { fields, status, firstStage: null }, theirs: shown(stage, revision) });
    const before = structuredClone(input);
    assertEquals(merge(input), merge(input));
    assertEquals(input, before);
  }
  assertEquals(plannedRevision.length, 16);
});
