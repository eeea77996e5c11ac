import { assert, assertEquals } from "@std/assert";
import { hintedRecord } from "../../supabase/functions/_shared/webhook/told.ts";

const id = "4876876000000624001";
const told = (data: Record<string, unknown>, module = "Deals") => hintedRecord(module, id, data);

Deno.test("a hint keeps the values of the fields that CircleTel writes, and no others", () => {
  const { told: kept, values } = told({
    Stage: "Closed Won",
    Amount: 1200.5,
    KYC_Status: "Completed",
    Next_Step: "call them",
    Description: "private",
    CircleTel_Revision: "1234560000000010",
  });
  assertEquals(kept, { Stage: "Closed Won", Amount: 1200.5, KYC_Status: "Completed" });
  assertEquals(values, kept);
});

Deno.test("a hint compares values that may identify a person and does not keep them", () => {
  const { told: kept, values } = told({
    Stage: "Closed Won",
    Deal_Name: "Contract CT-1 (Thandi)",
    Account_Name: { id: "501", name: "Thandi Nkosi" },
    Contact_Name: { id: "502", name: "Thandi" },
  });
  assertEquals(kept, { Stage: "Closed Won" });
  assertEquals(values, {
    Stage: "Closed Won",
    Deal_Name: "Contract CT-1 (Thandi)",
    Account_Name: { id: "501" },
    Contact_Name: { id: "502" },
  });
});

Deno.test("a hint of an Estimate or an Invoice omits its subject and its line items", () => {
  const data = { Subject: "Thandi", Quote_Stage: "Draft", Quoted_Items: [{ id: "1" }] };
  assertEquals(told(data, "Quotes").told, { Quote_Stage: "Draft" });
  assertEquals(told(data, "Quotes").values, { Subject: "Thandi", Quote_Stage: "Draft" });
  assertEquals(told({ Status: "Created", Invoiced_Items: "x" }, "Invoices").values, { Status: "Created" });
});

Deno.test("a hint of a Contact compares every field and keeps no personal value", () => {
  const data = {
    First_Name: "Thandi",
    Last_Name: "Nkosi",
    Email: "thandi@example.co.za",
    Phone: "0820000000",
  };
  const { told: kept, values } = told({ ...data, Customer_Reference: "b1b6a3a4" }, "Contacts");
  assertEquals(kept, { Customer_Reference: "b1b6a3a4" });
  const { Phone: _, ...compared } = data;
  assertEquals(values, { ...compared, Customer_Reference: "b1b6a3a4" });
});

for (const module of ["Accounts", "Leads", "constructor", "__proto__"]) {
  Deno.test(`a hint of a record of ${module} keeps its id alone`, () => {
    assertEquals(told({ Email: "thandi@example.co.za", Stage: "Closed Won" }, module), {
      id,
      modified_at: null,
      modified_by: null,
      told: {},
      values: {},
    });
  });
}

for (const empty of [null, "", "-None-"]) {
  Deno.test(`${JSON.stringify(empty)} is read as empty, for a picklist, a date and a lookup`, () => {
    const { values } = told({ Risk_Tier: empty, KYC_Verified_Date: empty, Contact_Name: empty });
    assertEquals(values, { Risk_Tier: null, KYC_Verified_Date: null, Contact_Name: null });
  });

  Deno.test(`a stage of ${JSON.stringify(empty)} was omitted by the sender, and the record gets a look`, () => {
    assertEquals(told({ Stage: empty, Amount: 1 }), {
      id,
      modified_at: null,
      modified_by: null,
      told: { Amount: 1 },
      values: null,
    });
  });
}

const odd: [what: string, value: unknown][] = [
  ["a list", ["Closed Won"]],
  ["a map", { id: "1" }],
  ["NaN", NaN],
  ["a text with NUL", "Closed\u0000Won"],
  ["half a surrogate pair", "\ud83d"],
  ["a text of 2,001 characters", "x".repeat(2001)],
];

for (const [what, value] of odd) {
  Deno.test(`${what} drops the value and not the hint, whose record gets a look`, () => {
    const { told: kept, values } = told({ KYC_Status: value, Amount: 7 });
    assertEquals([kept, values], [{ Amount: 7 }, null]);
  });
}

Deno.test("a lookup without an id, which a Deluge map may send by name, cannot be compared", () => {
  for (const value of ["Karoo Traders", { name: "Karoo Traders" }, { id: "abc" }, { id: 501 }, 501, true]) {
    assertEquals(told({ Account_Name: value }).values, null, JSON.stringify(value));
  }
  for (const value of ["501", { id: "501" }]) {
    assertEquals(told({ Account_Name: value }).values, { Account_Name: { id: "501" } });
  }
});

Deno.test("an amount that a Deluge map turned to text is a number again, and other texts stay texts", () => {
  assertEquals(told({ Amount: "1200.50" }).values, { Amount: 1200.5 });
  assertEquals(told({ Amount: "-7" }).values, { Amount: -7 });
  assertEquals(told({ Amount: "R 1,200.50", Contract_Number: "7" }).values, {
    Amount: "R 1,200.50",
    Contract_Number: "7",
  });
});

Deno.test("the author and time of a change are kept as id and moment, and odd ones are dropped", () => {
  const at = (Modified_Time: unknown, Modified_By: unknown = { id: "7", name: "Thandi" }) => {
    const { modified_at, modified_by } = told({ Modified_Time, Modified_By });
    return [modified_at, modified_by];
  };
  assertEquals(at("2026-11-20T10:00:00+02:00"), ["2026-11-20T08:00:00.000Z", "7"]);
  assertEquals(at("2026-11-20T10:00:00.5+0200", "7"), ["2026-11-20T08:00:00.500Z", "7"]);
  for (
    const moment of [
      "2026-11-20",
      "2026-11-20T10:00:00",
      "2026-13-40T10:00:00Z",
      "yesterday",
      1763632800,
      null,
    ]
  ) {
    assertEquals(at(moment, "Thandi"), [null, null], String(moment));
  }
});

Deno.test("inherited property names are not read as fields of a record", () => {
  const inherited = Object.create({ Stage: "Closed Won", Modified_Time: "2026-11-20T10:00:00+02:00" });
  assertEquals(told(inherited), { id, modified_at: null, modified_by: null, told: {}, values: {} });
  const parsed = JSON.parse('{"__proto__": {"Stage": "Closed Won"}, "Amount": 1}');
  assert(!Object.hasOwn(told(parsed).told, "Stage"));
});
