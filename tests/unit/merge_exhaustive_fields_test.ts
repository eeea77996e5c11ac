import { assert, assertEquals } from "@std/assert";
import { merge } from "../../supabase/functions/_shared/merge/merge.ts";
import type {
  Agreement,
  Attempt,
  Base,
  FieldLoop,
  Theirs,
} from "../../supabase/functions/_shared/merge/types.ts";
import type { ContractStatus, FieldValue } from "../../supabase/functions/_shared/mapping/types.ts";
import { aheadRevision, baseRevision, goodInput, nowMs, plannedRevision } from "./merge_samples.ts";
import { converges, modelFields, must, shown, unseen } from "./merge_promises.ts";

// The promises of the merge over every combination of an owned field.

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

Deno.test("a repeated merge gives the same result, and changes none of its inputs", () => {
  for (const [status, stage, revision] of besides) {
    const input = goodInput({
      ours: { fields: modelFields, status, firstStage: null },
      theirs: shown(stage, revision),
    });
    const before = structuredClone(input);
    assertEquals(merge(input), merge(input));
    assertEquals(input, before);
  }
  assertEquals(plannedRevision.length, 16);
});
