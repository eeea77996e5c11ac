import { assert, assertEquals } from "@std/assert";
import type { Decision } from "../../supabase/functions/_shared/sync/records/decide.ts";
import { planCalls } from "../../supabase/functions/_shared/sync/records/write.ts";
import { dealId, type Decided, goodDecision, goodMapping, goodRun } from "./decision_samples.ts";
import { baseRevision, nowMs, ownedFields, plannedRevision, seller } from "./merge_samples.ts";

const plan = (...decisions: Decision[]) => planCalls(goodRun(), decisions);
const owned = (values: Decided = {}) => goodDecision({ ...values, fields: { ...ownedFields, Amount: 5 } });
const moved = (values: Decided = {}) => goodDecision({ ...values, status: "active" });
const made = () => goodDecision({ kind: "absent", status: "draft" });

/** Zoho's moment so many milliseconds before the look. */
const changedBefore = (ms: number): Decided => ({
  record: { lastChange: { ...seller, at: new Date(nowMs - ms).toISOString() } },
});

Deno.test("a record without a difference needs no call", () => {
  const decision = goodDecision();
  assertEquals(plan(decision), { calls: [], unsent: [decision], tooFresh: [] });
});

Deno.test("creates, stage writes and updates are separate calls", () => {
  const { calls, unsent, tooFresh } = plan(owned(), moved(), made(), owned(), moved());
  assertEquals(calls.map(({ action, writes }) => [action, writes.length]), [["update", 2], ["move", 2], [
    "create",
    1,
  ]]);
  assertEquals([unsent, tooFresh], [[], []]);
});

Deno.test("a stage is sent with the planned revision, and the attempt stores its status", () => {
  const [call] = plan(moved()).calls;
  const [write] = call?.writes ?? [];
  assertEquals(write?.fields, { Stage: "Closed Won", CircleTel_Revision: plannedRevision });
  assertEquals(write?.opening, { made_for: "active", revision: plannedRevision });
  assertEquals(write?.zohoId, dealId);
});

Deno.test("a write of owned fields carries neither stage nor revision, so that it covers no move", () => {
  const [call] = plan(owned({ kind: "not_read" })).calls;
  const [write] = call?.writes ?? [];
  assertEquals([call?.action, write?.fields, write?.opening], ["update", { Amount: 5 }, {}]);
});

Deno.test("a conflict is opened with the attempt, before the call", () => {
  const [call] = plan(moved({ stage: "Closed Lost" })).calls;
  const conflict = call?.writes[0]?.opening?.conflict as Record<string, unknown> | undefined;
  assertEquals([conflict?.kind, conflict?.ours, conflict?.theirs, conflict?.asks], [
    "conflict",
    "active",
    "Closed Lost",
    "terminated",
  ]);
});

Deno.test("a forced record is sent whole, but for fields left to Zoho and an unchanged stage", () => {
  const loops = { Amount: { value: 1, correctedAtMs: [], state: "left" as const } };
  const [call] = plan(goodDecision({ change: { forced: true, mapping: goodMapping({ loops }) } })).calls;
  assertEquals([call?.action, call?.writes[0]?.fields], ["update", {
    KYC_Status: ownedFields.KYC_Status ?? null,
  }]);
});

Deno.test("more than a hundred records of a kind are several calls", () => {
  const { calls } = plan(...Array.from({ length: 250 }, () => moved()));
  assertEquals(calls.map(({ writes }) => writes.length), [100, 100, 50]);
});

const fresh: [msBefore: number, waitMs: number | null][] = [
  // Zoho's times count seconds; nowMs ends with 5.000 s.
  [0, 2_000],
  [500, 1_500],
  [999, 1_001],
  [1_000, null],
  [60_000, null],
  // Zoho's clock is ahead of its own answer: no longer than three seconds.
  [-5_000, 3_000],
];

for (const [ms, waitMs] of fresh) {
  Deno.test(`a stage of a record that was changed ${ms} ms before the look ${waitMs === null ? "is sent" : `waits ${waitMs / 1_000} s for another look`}`, () => {
    const decision = moved(changedBefore(ms));
    const { calls, tooFresh } = plan(decision);
    assertEquals(calls.length, waitMs === null ? 1 : 0);
    assertEquals(tooFresh, waitMs === null ? [] : [{ decision, waitMs }]);
  });
}

Deno.test("owned fields of a record changed this second do not wait", () => {
  assertEquals(plan(owned(changedBefore(0))).calls.map(({ action }) => action), ["update"]);
});

Deno.test("a stage does not wait where Zoho sent no time, and neither does a new record", () => {
  assertEquals(plan(moved({ ...changedBefore(0), asOfMs: null })).calls.length, 1);
  assertEquals(plan(moved({ record: { lastChange: { by: null, at: null } } })).calls.length, 1);
  assertEquals(plan(made()).calls.map(({ action }) => action), ["create"]);
});

Deno.test("the wait of one record delays no other of its wave", () => {
  const { calls, tooFresh } = plan(moved(changedBefore(0)), moved(), owned());
  assertEquals([calls.map(({ action, writes }) => [action, writes.length]), tooFresh.length], [[
    ["update", 1],
    ["move", 1],
  ], 1]);
});

Deno.test("a base that another of our writes moved is not sent again", () => {
  const { calls, unsent } = plan(goodDecision({ record: { revision: baseRevision } }));
  assert(calls.length === 0 && unsent.length === 1);
});
