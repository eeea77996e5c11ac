import { assert, assertEquals, assertThrows } from "@std/assert";
import { BadRequestError } from "../../supabase/functions/_shared/platform/http.ts";
import { inboundRecord, keepRecord } from "../../supabase/functions/_shared/webhook/record.ts";

const id = "4876876000000624001";
const keep = (data: Record<string, unknown>, module = "Deals") => keepRecord(module, id, data);

Deno.test("of a Deal the projected fields are kept, its time and who edited it", () => {
  const kept = keep({
    Stage: "Closed Won",
    Amount: 49476.5,
    KYC_Status: "Completed",
    Account_Name: { id: "4876876000000000007", name: "Karoo Traders" },
    Modified_Time: "2026-11-23T10:00:00+02:00",
    Modified_By: { id: "5550000000000000002", name: "Thandi Seller", email: "thandi@example.co.za" },
    Description: "about Thandi",
    Owner: { id: "1", name: "Sipho" },
  });
  assertEquals(kept, {
    id,
    Stage: "Closed Won",
    Amount: 49476.5,
    KYC_Status: "Completed",
    Account_Name: { id: "4876876000000000007" },
    Modified_Time: "2026-11-23T08:00:00.000Z",
    Modified_By: "5550000000000000002",
  });
});

Deno.test("of a Contact only the names of what was told are kept", () => {
  const kept = keep(
    { Last_Name: "Nkosi", Email: "thandi@example.co.za", Phone: "1", Stage: "x" },
    "Contacts",
  );
  assertEquals(kept, { id, $noted: "Last_Name, Email" });
});

Deno.test("of a Quote its stage and date are kept", () => {
  const kept = keep({ Quote_Stage: "Delivered", Valid_Till: "2026-12-31", Terms: "x" }, "Quotes");
  assertEquals([kept.Quote_Stage, kept.Valid_Till, kept.Terms], ["Delivered", "2026-12-31", undefined]);
});

Deno.test("of other modules nothing is kept, even of one named like a part of every object", () => {
  for (const module of ["Leads", "constructor", "__proto__", "toString", "hasOwnProperty"]) {
    assertEquals(keep({ Stage: "Closed Won", Amount: 1 }, module), { id }, module);
  }
});

Deno.test("a lookup is kept by its id, however it is told; a name alone is not told at all", () => {
  const contactOf = (value: unknown) => keep({ Contact_Name: value }).Contact_Name;
  assertEquals(contactOf({ id: "1", name: "Thandi" }), { id: "1" });
  assertEquals(contactOf("4876876000000000007"), { id: "4876876000000000007" });
  assertEquals([contactOf(null), contactOf("")], [null, null]);
  for (const value of ["Thandi Nkosi", { name: "Thandi" }, { id: 7 }, { id: "Thandi" }]) {
    assertEquals(contactOf(value), undefined, JSON.stringify(value));
  }
});

Deno.test("a field of the object's prototype is not a field of the record", () => {
  const data = JSON.parse('{"__proto__": {"Stage": "Closed Won"}}');
  assertEquals(keep(data), { id });
  assertEquals(keep(Object.create({ Stage: "Closed Won", Modified_Time: "2026-11-23T10:00:00Z" })), { id });
});

Deno.test("an empty picklist is empty, however it is told", () => {
  for (const value of [null, undefined, "", "-None-"]) {
    assertEquals(keep({ Risk_Tier: value }).Risk_Tier, null);
  }
});

Deno.test("an amount may be quoted, another field's digits stay text", () => {
  assertEquals(keep({ Amount: "49476.00", Contract_Number: "007" }), {
    id,
    Amount: 49476,
    Contract_Number: "007",
  });
  for (const odd of ["1e5", "R 100", "1,000", "9".repeat(17)]) {
    assertEquals(keep({ Amount: odd }).Amount, odd);
  }
});

Deno.test("a time without an offset, or that is none, counts as not given", () => {
  for (
    const time of [
      "2026-11-23",
      "2026-11-23T10:00:00",
      "yesterday",
      1763884800,
      null,
      "2026-13-45T10:00:00Z",
      "2026-11-23T10:00:00Z; drop",
    ]
  ) {
    assertEquals(keep({ Modified_Time: time }).Modified_Time, undefined, String(time));
  }
});

Deno.test("the same moment is kept the same, whatever its offset", () => {
  for (const time of ["2026-11-23T10:00:00+02:00", "2026-11-23T08:00:00Z", "2026-11-23T03:00:00.000-0500"]) {
    assertEquals(keep({ Modified_Time: time }).Modified_Time, "2026-11-23T08:00:00.000Z", time);
  }
});

Deno.test("a value that no field can hold is refused by the field's name", () => {
  for (
    const value of [["x"], {}, { a: 1 }, "a\u0000b", "\ud800", "x".repeat(2001), Number.POSITIVE_INFINITY]
  ) {
    const error = assertThrows(() => keep({ Stage: value }), BadRequestError);
    assertEquals([error.status, error.refusal.field], [400, "record_data.Stage"]);
  }
});

Deno.test("a kept record is read for the gates, and reads the same a second time", () => {
  const kept = keep({
    Stage: "Closed Won",
    Contract_Number: "CT-2026-001",
    Modified_Time: "2026-11-23T08:00:00Z",
    Modified_By: "5550000000000000002",
  });
  const read = inboundRecord("update", kept);
  assertEquals([read.record_id, read.operation, read.status, read.contract_number], [
    id,
    "update",
    "active",
    "CT-2026-001",
  ]);
  assertEquals([read.modified_at, read.modified_by], ["2026-11-23T08:00:00.000Z", "5550000000000000002"]);
  assertEquals(read.fields, { Stage: "Closed Won", Contract_Number: "CT-2026-001" });
  assertEquals(inboundRecord("update", JSON.parse(JSON.stringify(kept))), read);
});

Deno.test("an empty stage is left out, and an unknown one asks for no status", () => {
  for (const stage of ["", " ", "-", null]) {
    assertEquals("Stage" in inboundRecord("update", keep({ Stage: stage })).fields, false);
  }
  assertEquals(inboundRecord("update", keep({ Stage: "On Hold" })).status, null);
});

Deno.test("nothing but what is kept comes out of a record with everything in it", () => {
  const names = ["First_Name", "Phone", "Email", "ID_Number", "Description", "Mailing_Street", "Full_Name"];
  const data = Object.fromEntries(names.map((name) => [name, `personal ${name}`]));
  for (const module of ["Deals", "Contacts", "Quotes", "Leads"]) {
    assert(!JSON.stringify(keep(data, module)).includes("personal"), module);
  }
});
