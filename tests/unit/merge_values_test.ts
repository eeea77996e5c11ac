import { assertEquals } from "@std/assert";
import { isSameValue, type ValueRules } from "../../supabase/functions/_shared/merge/values.ts";
import type { FieldValue } from "../../supabase/functions/_shared/mapping/types.ts";

const rules: ValueRules = {
  types: {
    Amount: "currency",
    Closing_Date: "date",
    Risk_Tier: "picklist",
    Email: "email",
    Account_Name: "lookup",
    Deal_Name: "text",
  },
  options: {
    Risk_Tier: [{ actual: "Low", displayed: "Low risk" }, { actual: "Low risk", displayed: "Minimal" }],
  },
  timeZone: "Africa/Johannesburg",
};

const rows: [
  what: string,
  field: string,
  a: FieldValue | undefined,
  b: FieldValue | undefined,
  same: boolean,
][] = [
  ["an empty field and an unread one", "Risk_Tier", null, undefined, true],
  ["empty and -None-", "Risk_Tier", null, "-None-", true],
  ["empty and a blank text", "Deal_Name", null, " \n", true],
  ["empty and zero", "Amount", null, 0, false],
  ["empty and false", "Deal_Name", null, false, false],
  ["two equal numbers", "Amount", 47976.5, 47976.5, true],
  ["two numbers less than half a cent apart", "Amount", 47976.5, 47976.504, true],
  ["two numbers a cent apart", "Amount", 1999, 1999.01, false],
  ["a number and its text", "Amount", 1999, "1999", false],
  [
    "a date and a moment of that day in Johannesburg",
    "Closing_Date",
    "2026-11-21",
    "2026-11-20T23:30:00Z",
    true,
  ],
  [
    "a date and a moment of that day in London only",
    "Closing_Date",
    "2026-11-20",
    "2026-11-20T23:30:00Z",
    false,
  ],
  ["two spellings of one moment", "Closing_Date", "2026-11-20T10:00:00Z", "2026-11-20T12:00:00+02:00", true],
  ["two days", "Closing_Date", "2026-11-20", "2026-11-21", false],
  ["a date and an invalid one", "Closing_Date", "2026-11-20", "soon", false],
  ["two spellings of an option", "Risk_Tier", "High-Risk", "high risk", true],
  ["an option's actual and displayed value", "Risk_Tier", "Low risk", "Minimal", true],
  ["an option and another's displayed value of that name", "Risk_Tier", "Low", "Low risk", false],
  ["two options", "Risk_Tier", "Low", "High", false],
  ["two spellings of a text", "Deal_Name", "Completed", "completed", false],
  ["a text and the trimmed one", "Deal_Name", "Contract CT-1 ", "Contract CT-1", true],
  ["a text with other line ends", "Deal_Name", "a\r\nb\rc", "a\nb\nc", true],
  ["two spellings of an e-mail", "Email", "Thandi@Example.co.za", "thandi@example.co.za", true],
  ["lookups of one id", "Account_Name", { id: "1" }, { id: "1" }, true],
  ["lookups of two ids", "Account_Name", { id: "1" }, { id: "2" }, false],
  ["a lookup and nothing", "Account_Name", { id: "1" }, null, false],
  ["a lookup and the text of its id", "Account_Name", { id: "1" }, "1", false],
  ["texts of a field named like a part of every object", "constructor", "a", "a", true],
];

for (const [what, field, a, b, same] of rows) {
  Deno.test(`${what} are ${same ? "the same" : "not the same"}, in either order`, () => {
    assertEquals(isSameValue(field, a, b, rules), same);
    assertEquals(isSameValue(field, b, a, rules), same);
  });
}

Deno.test("a lookup is compared by its id alone, not by its name", () => {
  const held = { id: "1", name: "Karoo Traders" };
  assertEquals(isSameValue("Account_Name", { id: "1" }, held, rules), true);
});
