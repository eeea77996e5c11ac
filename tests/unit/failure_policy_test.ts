import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Change } from "../../supabase/functions/_shared/sync/claim/change.ts";
import { settleFailure } from "../../supabase/functions/_shared/sync/attempts/failure_policy.ts";
import { errorTable, recordDecision } from "../../supabase/functions/_shared/zoho/error_table.ts";
import type { RecordResult } from "../../supabase/functions/_shared/zoho/records.ts";

type Failure = Extract<RecordResult, { ok: false }>;

const goodChange: Change = {
  entity_type: "contract",
  entity_id: "2f0c7f0e-6b51-4c7e-9d39-2a8d5c1a9b01",
  version: 4,
  lane: 0,
  failed_rounds: 0,
  look: false,
  forced: false,
  cause: "contracts",
  source: null,
  mapping: null,
  in_doubt: false,
  answers: [],
  row_version: null,
  planned_revision: null,
};
const failureOf = (code: string, values: Partial<Failure> = {}): Failure => ({
  ok: false,
  code,
  field: null,
  message: "Zoho's words",
  duplicateId: null,
  ...values,
});
const after = (rounds: number) => ({ ...goodChange, failed_rounds: rounds });

const neverMended = new Set(["fix_mapping", "ask_person", "link"]);

for (const [code, { decision, advice }] of Object.entries(errorTable)) {
  const isDead = neverMended.has(decision);
  Deno.test(`a record refused with ${code} ${isDead ? "waits for a person" : "gets another round"}`, () => {
    const settlement = settleFailure(goodChange, failureOf(code), 0);
    assertEquals(settlement.outcome, isDead ? "dead" : "retry");
    assertEquals(settlement.error?.code, code);
    assertStringIncludes(settlement.error?.message ?? "", advice);
    assertStringIncludes(settlement.error?.message ?? "", `docs/errors/${code}.md`);
  });
}

Deno.test("a record refused with an unknown code is advised by the page for all of them", () => {
  const { error } = settleFailure(goodChange, failureOf("NEVER_SEEN"), 0);
  assertEquals(error?.code, "NEVER_SEEN");
  assertStringIncludes(error?.message ?? "", "docs/errors/UNKNOWN_CODE.md");
});

Deno.test("a settlement is about the change that was claimed, at its version", () => {
  const { entity_type, entity_id, version } = settleFailure(goodChange, failureOf("RECORD_LOCKED"), 0);
  assertEquals([entity_type, entity_id, version], ["contract", goodChange.entity_id, 4]);
});

Deno.test("each round waits longer than the one before", () => {
  const waits = [0, 1, 2, 3].map((rounds) =>
    settleFailure(after(rounds), failureOf("RECORD_LOCKED"), 0).retry_in_seconds
  );
  assertEquals(waits, [60, 120, 240, 480]);
  assertEquals(settleFailure(goodChange, failureOf("RECORD_LOCKED"), 0.5).retry_in_seconds, 68);
});

const lastRounds = [["RECORD_LOCKED", 20], ["LINK_FAILED", 20], ["NEVER_SEEN", 8], [
  "INTERNAL_ERROR",
  8,
]] as const;

for (const [code, rounds] of lastRounds) {
  Deno.test(`a record refused with ${code} is a dead letter after ${rounds} rounds`, () => {
    assertEquals(settleFailure(after(rounds - 2), failureOf(code), 0).outcome, "retry");
    assertEquals(settleFailure(after(rounds - 1), failureOf(code), 0).outcome, "dead");
  });
}

Deno.test("an unknown code is retried and still has advice", () => {
  const settlement = settleFailure(goodChange, failureOf("NEVER_SEEN"), 0);
  assertEquals(settlement.outcome, "retry");
  assertStringIncludes(settlement.error?.message ?? "", recordDecision("NEVER_SEEN").advice);
});

Deno.test("the reason names the field and the values that Zoho accepts", () => {
  const failure = failureOf("INVALID_DATA", {
    field: "Stage",
    supportedValues: ["Closed Won", "Closed Lost"],
  });
  const { error } = settleFailure(goodChange, failure, 0);
  assertEquals(error?.field, "Stage");
  assertStringIncludes(error?.message ?? "", "Field: Stage.");
  assertStringIncludes(error?.message ?? "", "Zoho knows: Closed Won, Closed Lost.");
});

Deno.test("Zoho's own sentence, which may quote a person's data, is not kept", () => {
  const failure = failureOf("INVALID_DATA", { message: "thandi@example.co.za is no e-mail" });
  assert(!JSON.stringify(settleFailure(goodChange, failure, 0)).includes("thandi"));
});
