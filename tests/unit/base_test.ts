import { assertEquals } from "@std/assert";
import {
  baseOf,
  keptBase,
  loopsOf,
  recordChoice,
  stageAnswerOf,
} from "../../supabase/functions/_shared/sync/records/base.ts";
import type { Answer } from "../../supabase/functions/_shared/sync/claim/change.ts";
import { goodChange, goodMapping } from "./decision_samples.ts";
import { baseRevision, ownedFields } from "./merge_samples.ts";

const shown = { status: "active" as const, stage: "Closed Lost", revision: null };

function answered(values: Partial<Answer>): Answer {
  return { kind: "unsigned", field: "Stage", choice: "zoho", shown, ...values };
}

Deno.test("a mapping's base is its owned fields and the agreement of stage, status and revision", () => {
  assertEquals(baseOf(goodMapping()), {
    fields: ownedFields,
    agreed: { stage: "Negotiation/Review", status: "pending_signature", revision: baseRevision },
  });
});

Deno.test("a record known only by its id has no base", () => {
  assertEquals(baseOf(null), null);
  assertEquals(baseOf(goodMapping({ snapshot: {}, agreed_status: null, revision: null })), null);
});

Deno.test("a base whose stage is in question has no agreement, whatever stage was seen", () => {
  assertEquals(baseOf(goodMapping({ agreed_status: null })), { fields: ownedFields, agreed: null });
});

Deno.test("an agreement of a record without a stage has none", () => {
  assertEquals(baseOf(goodMapping({ snapshot: ownedFields }))?.agreed?.stage, null);
});

for (
  const mapping of [
    goodMapping(),
    goodMapping({ revision: null }),
    goodMapping({ snapshot: ownedFields, agreed_status: null, revision: null }),
  ]
) {
  Deno.test(`a stored base is read back: ${mapping.agreed_status}, ${mapping.revision}`, () => {
    const base = baseOf(mapping);
    if (base === null) throw new Error("the sample has a base");
    const { fields, agreed_status, revision } = keptBase(base);
    assertEquals({ snapshot: fields, agreed_status, revision }, {
      snapshot: mapping.snapshot,
      agreed_status: mapping.agreed_status,
      revision: mapping.revision,
    });
  });
}

Deno.test("the revision field belongs to the agreement, never to the values of base", () => {
  const kept = keptBase({
    fields: { Amount: 1, CircleTel_Revision: "9" },
    agreed: { stage: "Closed Won", status: "active", revision: "10" },
  });
  assertEquals(kept, { fields: { Amount: 1, Stage: "Closed Won" }, agreed_status: "active", revision: "10" });
});

Deno.test("an answer to an unsigned, unknown or adopted stage goes to the merge, with what was shown", () => {
  for (const kind of ["unsigned", "unknown_write", "adopted_stage"] as const) {
    assertEquals(stageAnswerOf(goodChange({ answers: [answered({ kind })] })), {
      kind,
      choice: "zoho",
      shown,
    });
  }
});

Deno.test("an answer of another kind, without what was shown, or with another choice is none about the stage", () => {
  const others = [
    answered({ kind: "contested", field: "Amount", choice: "try_again", shown: {} }),
    answered({ kind: "record_gone", field: null, choice: "unlink", shown: {} }),
    answered({ shown: {} }),
    answered({ choice: "keep" }),
  ];
  assertEquals(stageAnswerOf(goodChange({ answers: others })), null);
  assertEquals(
    stageAnswerOf(goodChange({ answers: [...others, answered({ choice: "circletel" })] }))?.choice,
    "circletel",
  );
});

Deno.test("an answer about a contested field restarts its corrections or leaves it to Zoho", () => {
  const loop = { value: 1, correctedAtMs: [1, 2, 3], state: "contested" as const };
  const mapping = goodMapping({ loops: { Amount: loop, Type: loop } });
  const contested = (field: string, choice: string) =>
    answered({ kind: "contested", field, choice, shown: {} });
  assertEquals(
    loopsOf(
      goodChange({
        mapping,
        answers: [contested("Amount", "try_again"), contested("Type", "leave_to_zoho")],
      }),
    ),
    { Amount: { value: 1, correctedAtMs: [], state: "watched" }, Type: { ...loop, state: "left" } },
  );
  assertEquals(loopsOf(goodChange({ mapping, answers: [contested("Amount", "zoho")] })), mapping.loops);
  assertEquals(loopsOf(goodChange({ mapping: null })), {});
});

Deno.test("a choice about the record as a whole is found by its kind", () => {
  const change = goodChange({
    answers: [answered({}), answered({ kind: "record_gone", field: null, choice: "unlink" })],
  });
  assertEquals(recordChoice(change, "record_gone"), "unlink");
  assertEquals(recordChoice(goodChange({ answers: [answered({})] }), "record_gone"), null);
});
