import { assertEquals } from "@std/assert";
import { diffFields, isSameValue } from "../../supabase/functions/_shared/sync/diff.ts";

Deno.test("a projection that Zoho already confirmed needs nothing", () => {
  const fields = { Deal_Name: "Contract CT-1", Amount: 10, Risk_Tier: null, Account_Name: { id: "1" } };
  assertEquals(diffFields(fields, structuredClone(fields)), {});
});

Deno.test("only the field that differs is sent", () => {
  const snapshot = { KYC_Status: "In Progress", RICA_Status: "Pending", Amount: 10 };
  assertEquals(diffFields({ ...snapshot, KYC_Status: "Completed" }, snapshot), { KYC_Status: "Completed" });
});

Deno.test("without a snapshot everything that says something is sent", () => {
  assertEquals(diffFields({ Deal_Name: "Contract CT-1", Amount: 0, Risk_Tier: null }, {}), {
    Deal_Name: "Contract CT-1",
    Amount: 0,
  });
});

Deno.test("a value that is taken away is sent as empty", () => {
  assertEquals(diffFields({ Risk_Tier: null }, { Risk_Tier: "Low" }), { Risk_Tier: null });
});

Deno.test("a field of the snapshot that is not projected is left alone", () => {
  assertEquals(diffFields({ Amount: 10 }, { Amount: 10, Stage: "Closed Won" }), {});
});

const rows = [
  ["an empty field and one that Zoho was never told", null, undefined, true],
  ["an empty field and an empty one", null, null, true],
  ["nothing and zero", null, 0, false],
  ["nothing and an empty text", null, "", false],
  ["nothing and false", null, false, false],
  ["two equal numbers", 47976.5, 47976.5, true],
  ["two spellings of a number", 1999, 1999.0, true],
  ["two numbers a cent apart", 1999, 1999.01, false],
  ["a number and its text", 1999, "1999", false],
  ["texts that differ in case", "Completed", "completed", false],
  ["lookups of one id", { id: "1" }, { id: "1" }, true],
  ["lookups of two ids", { id: "1" }, { id: "2" }, false],
  ["a lookup and nothing", { id: "1" }, null, false],
  ["a lookup and one that Zoho was never told", { id: "1" }, undefined, false],
  ["a lookup and the text of its id", { id: "1" }, "1", false],
] as const;

for (const [what, a, b, same] of rows) {
  Deno.test(`${what} are ${same ? "the same" : "not the same"}`, () => {
    assertEquals(isSameValue(a, b), same);
  });
}

Deno.test("a lookup's name is decoration: its id alone decides", () => {
  const held = { id: "1", name: "Karoo Traders" };
  assertEquals(isSameValue({ id: "1" }, held), true);
});
