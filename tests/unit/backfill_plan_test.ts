import { assertEquals } from "@std/assert";
import { planItem } from "../../supabase/functions/_shared/backfill/plan.ts";
import { progressOf } from "../../supabase/functions/_shared/backfill/runs.ts";
import type { Settlement } from "../../supabase/functions/_shared/sync/claim/change.ts";

const unknown = { entity_id: "a", refusal: null, mapping: null };
const done: Settlement = { entity_type: "contract", entity_id: "a", version: 1, outcome: "done" };

Deno.test("a settlement of the dry run is reported as create, link, update or skip", () => {
  for (const written of ["create", "link", "update"] as const) {
    assertEquals(planItem(unknown, done, written).plan, written);
  }
  assertEquals(planItem(unknown, done, undefined), { entity_id: "a", plan: "skip", reason: null });
});

Deno.test("a refusal in the plan says why: the queue's reason before Zoho's", () => {
  const dead: Settlement = {
    ...done,
    outcome: "dead",
    error: { code: "BAD_SOURCE", field: "kyc.status", message: "" },
  };
  assertEquals(planItem(unknown, dead, undefined), { entity_id: "a", plan: "refuse", reason: "BAD_SOURCE" });
  assertEquals(planItem({ ...unknown, refusal: "INTERNAL_TEST" }, done, "create").reason, "INTERNAL_TEST");
  assertEquals(planItem(unknown, { ...dead, outcome: "retry" }, undefined).plan, "refuse");
  assertEquals(planItem(unknown, undefined, undefined).reason, "INTERNAL");
});

Deno.test("a record that only a person can assign is refused with the question", () => {
  const reasons = ["record_gone", "record_found", "record_taken", "contact_match", "unsigned"].map((kind) => {
    const asked = { kind, field: null, ours: null, theirs: null, asks: null, answers: [], shown: {} };
    const questions = [{ ...asked, changed_by: null, changed_at: null }];
    return planItem(unknown, { ...done, questions }, undefined).reason;
  });
  assertEquals(reasons, ["RECORD_NOT_FOUND", "QUESTION", "RECORD_TAKEN", "QUESTION", null]);
});

Deno.test("progress counts planned and tried records, whatever their outcome", () => {
  assertEquals(progressOf({ total: 7, states: { new: 4, planned: 3 } }), { done: 3, total: 7 });
  const states = { new: 4, queued: 2, done: 6, refused: 2, retrying: 1 };
  assertEquals(progressOf({ total: 15, states }), { done: 9, total: 15 });
});
