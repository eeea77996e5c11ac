import { assertEquals } from "@std/assert";
import { failure } from "../../supabase/functions/_shared/sync/attempts/failure.ts";
import { kinds } from "../../supabase/functions/_shared/sync/claim/kinds.ts";
import { planCalls } from "../../supabase/functions/_shared/sync/records/write.ts";
import { settleWrites } from "../../supabase/functions/_shared/sync/settle/settle_writes.ts";
import { type Decided, goodDecision, goodRun } from "./decision_samples.ts";
import { ownedFields } from "./merge_samples.ts";

// What follows when Zoho says of a write that it has no such record.

/** The settlement of an amount that Zoho answered so. */
function notFound(values: Decided) {
  const decision = goodDecision({ fields: { ...ownedFields, Amount: 5 }, ...values });
  const [call] = planCalls(goodRun(), [decision]).calls;
  const [write] = call?.writes ?? [];
  if (call === undefined || write === undefined) throw new Error("nothing is written");
  assertEquals(call.kind, kinds.contract);
  const result = failure("RECORD_NOT_FOUND");
  const [settled] = settleWrites(call, [{ write, result }], () => 0.5).settled;
  return [settled?.outcome, settled?.look ?? false, settled?.retry_in_seconds];
}

Deno.test("a record that was written unread and is not found is read at once", () => {
  assertEquals(notFound({ kind: "not_read", change: { look: false } }), ["release", true, 0]);
});

Deno.test("a record that was just read and is not found counts as a failed round, and is read after it", () => {
  assertEquals(notFound({}), ["retry", true, 68]);
});

Deno.test("a record that is read and not found in every round waits for a person", () => {
  assertEquals(notFound({ change: { failed_rounds: 7 } }).slice(0, 2), ["dead", false]);
});
