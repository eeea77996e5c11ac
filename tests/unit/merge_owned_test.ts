import { assertEquals } from "@std/assert";
import { merge } from "../../supabase/functions/_shared/merge/merge.ts";
import { settledBase } from "../../supabase/functions/_shared/merge/settled_base.ts";
import type { MergeInput } from "../../supabase/functions/_shared/merge/types.ts";
import type { Fields } from "../../supabase/functions/_shared/mapping/types.ts";
import {
  goodAttempt,
  goodBase,
  goodInput,
  goodRecord,
  oursWith,
  ownedFields,
  plannedRevision,
} from "./merge_samples.ts";

const stage = "Negotiation/Review";
const mergeWith = (values: Partial<MergeInput>) => merge(goodInput(values));
const shows = (fields: Fields) => goodRecord(stage, { fields: { ...ownedFields, ...fields } });

Deno.test("a record that equals CircleTel's values needs nothing", () => {
  const { send, drift, nextBase } = mergeWith({});
  assertEquals([send, drift, nextBase], [{}, [], goodBase(stage, "pending_signature")]);
});

Deno.test("a value that changed in CircleTel is sent and is no drift", () => {
  const { send, drift } = mergeWith({ ours: oursWith("pending_signature", { ...ownedFields, Amount: 5 }) });
  assertEquals([send, drift], [{ Amount: 5 }, []]);
});

Deno.test("a value that changed in Zoho is put back and is drift, with both values", () => {
  const { send, drift, corrections } = mergeWith({ theirs: shows({ Amount: 5 }) });
  assertEquals(send, { Amount: 1200.5 });
  assertEquals(drift, [{ field: "Amount", ours: 1200.5, theirs: 5 }]);
  assertEquals(corrections, ["Amount"]);
});

Deno.test("a value that was emptied in Zoho is put back", () => {
  assertEquals(mergeWith({ theirs: shows({ KYC_Status: "-None-" }) }).send, { KYC_Status: "Completed" });
});

Deno.test("a value that changed on both sides becomes CircleTel's, and is drift", () => {
  const ours = oursWith("pending_signature", { ...ownedFields, Amount: 5 });
  const { send, drift, corrections } = mergeWith({ ours, theirs: shows({ Amount: 6 }) });
  assertEquals([send, drift, corrections], [{ Amount: 5 }, [{ field: "Amount", ours: 5, theirs: 6 }], []]);
});

Deno.test("a value that both sides changed alike is neither sent nor drift", () => {
  const ours = oursWith("pending_signature", { ...ownedFields, Amount: 5 });
  const { send, drift, nextBase } = mergeWith({ ours, theirs: shows({ Amount: 5 }) });
  assertEquals([send, drift, nextBase?.fields.Amount], [{}, [], 5]);
});

Deno.test("a value that an attempt of unknown outcome left is no drift", () => {
  const ours = oursWith("pending_signature", { ...ownedFields, Amount: 7 });
  const lost = goodAttempt("", "pending_signature", { sent: { Amount: 5 }, revision: null });
  const { send, drift } = mergeWith({ ours, attempts: [lost], theirs: shows({ Amount: 5 }) });
  assertEquals([send, drift], [{ Amount: 7 }, []]);
  const refused = mergeWith({
    ours,
    attempts: [{ ...lost, outcome: "refused" }],
    theirs: shows({ Amount: 5 }),
  });
  assertEquals(refused.drift.length, 1);
});

Deno.test("a record without a base has no drift", () => {
  const { send, drift } = mergeWith({ base: null, theirs: shows({ Amount: 5 }) });
  assertEquals([send, drift], [{ Amount: 1200.5 }, []]);
});

Deno.test("a field absent from the look is judged by base", () => {
  const ours = oursWith("pending_signature", { ...ownedFields, Closing_Date: "2026-12-01" });
  const { send, drift } = mergeWith({ ours, theirs: goodRecord(stage, { fields: { Amount: 1200.5 } }) });
  assertEquals([send, drift], [{ Closing_Date: "2026-12-01" }, []]);
});

Deno.test("a merge without a look sends only what differs from base", () => {
  const ours = oursWith("active", { ...ownedFields, KYC_Status: "Declined", Risk_Tier: null });
  const { send, baseNow, nextBase } = mergeWith({ ours, theirs: { kind: "not_read" } });
  assertEquals(send, { KYC_Status: "Declined" });
  assertEquals(baseNow?.agreed, nextBase?.agreed);
  assertEquals(nextBase?.agreed?.status, "pending_signature");
});

Deno.test("a stage or a revision among the owned fields is ignored", () => {
  const ours = oursWith("pending_signature", {
    ...ownedFields,
    Stage: "Closed Won",
    CircleTel_Revision: "1",
  });
  assertEquals(mergeWith({ ours }).send, {});
});

Deno.test("an owned field is sent beside a question about the stage", () => {
  const { send, questions } = mergeWith({
    ours: oursWith("active"),
    base: goodBase("Closed Won", "active"),
    theirs: shows({ KYC_Status: "Declined" }),
  });
  assertEquals([send, questions.map(({ kind }) => kind)], [{ KYC_Status: "Completed" }, ["unsigned"]]);
});

Deno.test("a question about the stage leaves the agreement empty, and the fields are agreed", () => {
  const values = { base: null, theirs: goodRecord("Closed Won", { revision: null }) };
  assertEquals(mergeWith(values).nextBase, { fields: ownedFields, agreed: null });
});

const active = { ours: oursWith("active", { ...ownedFields, Amount: 5 }) };

Deno.test("the base after a confirmed write is what was written", () => {
  const result = mergeWith(active);
  assertEquals(settledBase(result, result.send, false), result.nextBase);
});

Deno.test("the base after a lost answer stays at what the look showed", () => {
  const result = mergeWith({ ...active, theirs: shows({ Amount: 3 }) });
  assertEquals(settledBase(result, null, false)?.fields.Amount, 3);
  assertEquals(settledBase(result, null, false)?.agreed?.status, "pending_signature");
});

Deno.test("the base after a refused stage keeps its agreement and has the other fields", () => {
  const base = settledBase(mergeWith(active), { Amount: 5 }, false);
  assertEquals([base?.fields.Amount, base?.agreed?.stage], [5, stage]);
});

Deno.test("the base after a refused amount keeps that amount and has the agreement", () => {
  const base = settledBase(
    mergeWith(active),
    { Stage: "Closed Won", CircleTel_Revision: plannedRevision },
    false,
  );
  assertEquals([base?.fields.Amount, base?.agreed?.status, base?.agreed?.revision], [
    1200.5,
    "active",
    plannedRevision,
  ]);
});

Deno.test("the base after a status that could not be taken in is the old one, so that the move is seen again", () => {
  const input = goodInput({ theirs: goodRecord("Closed Won") });
  const result = merge(input);
  assertEquals(settledBase(result, null, false), input.base);
  assertEquals(settledBase(result, null, true), goodBase("Closed Won", "active"));
  assertEquals(merge({ ...input, base: settledBase(result, null, false) }), result);
});

Deno.test("a record whose create has no answer has no base", () => {
  const result = mergeWith({ base: null, theirs: { kind: "absent" } });
  assertEquals(settledBase(result, null, false), null);
  assertEquals(settledBase(result, result.send, false), result.nextBase);
});
