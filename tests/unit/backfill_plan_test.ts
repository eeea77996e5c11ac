import { assertEquals } from "@std/assert";
import { bulkCsv, type BulkRow, columnsOf } from "../../supabase/functions/_shared/backfill/bulk_rows.ts";
import { planItem } from "../../supabase/functions/_shared/backfill/plan.ts";
import { progressOf } from "../../supabase/functions/_shared/backfill/runs.ts";
import type { Settlement } from "../../supabase/functions/_shared/sync/change.ts";

const unknown = { entity_id: "a", refusal: null, mapping: null };
const done: Settlement = { entity_type: "contract", entity_id: "a", revision: 1, outcome: "done" };

Deno.test("a settlement of the rehearsal is told as create, link, update or skip", () => {
  for (const written of ["create", "link", "update"] as const) {
    assertEquals(planItem(unknown, done, written).plan, written);
  }
  assertEquals(planItem(unknown, done, undefined), { entity_id: "a", plan: "skip", reason: null });
});

Deno.test("what would be refused says why: the queue's reason before Zoho's", () => {
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

Deno.test("a record whose Contact is written first comes with the wave after, as what it will be", () => {
  assertEquals(planItem(unknown, { ...done, outcome: "release" }, undefined).plan, "create");
});

Deno.test("a bulk file has a column for each field that any row has; a lookup is its id, nothing is an empty cell", () => {
  const rows: BulkRow[] = [
    {
      position: 1,
      fields: { Contract_Number: "CT-1", Account_Name: { id: "42" }, Amount: 10.5, Risk_Tier: null },
    },
    { position: 2, fields: { Contract_Number: "CT-2", Pipeline: "Standard (Standard)" } },
  ];
  const columns = columnsOf(rows);
  assertEquals(columns, ["Contract_Number", "Account_Name", "Amount", "Risk_Tier", "Pipeline"]);
  assertEquals(bulkCsv(rows, columns).split("\r\n").slice(1, 3), [
    "CT-1,42,10.5,,",
    "CT-2,,,,Standard (Standard)",
  ]);
});

Deno.test("progress counts what is planned while it plans, and what is behind the queue when it writes", () => {
  const states = { new: 4, planned: 3, queued: 2, staged: 1, loading: 1, done: 6, refused: 2, retrying: 1 };
  assertEquals(progressOf({ status: "planning", total: 20, states }), { done: 16, total: 20 });
  assertEquals(progressOf({ status: "running", total: 20, states }), { done: 9, total: 20 });
});
