import { assertEquals, assertRejects } from "@std/assert";
import { tellingRefusal } from "../../supabase/functions/_shared/sync/attempts/attempts.ts";
import { ZohoCallError } from "../../supabase/functions/_shared/zoho/faults.ts";
import {
  insertRecords,
  type RecordResult,
  recordsPerCall,
  updateRecords,
  upsertRecords,
  writeCredits,
} from "../../supabase/functions/_shared/zoho/records.ts";
import { clientOf, ListeningZoho } from "./listening_zoho.ts";

type Item = Record<string, unknown>;

/** A success as the upsert-records page shows it. */
const success = (id: string, values: Item = {}): Item => ({
  code: "SUCCESS",
  duplicate_field: null,
  action: "insert",
  details: {
    id,
    Modified_Time: "2026-11-20T12:00:00+02:00",
    Modified_By: { name: "Integration", id: "4000000000001" },
    Created_Time: "2026-11-20T12:00:00+02:00",
    $approval_state: "approved",
  },
  message: "record added",
  status: "success",
  ...values,
});
const failure = (code: string, details: Item = {}, message = "refused"): Item => ({
  code,
  details,
  message,
  status: "error",
});
const answering = (items: unknown[], status = 200) =>
  new ListeningZoho(() => Response.json({ data: items }, { status }));
const deals = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ Deal_Name: `Contract CT-${index}`, Amount: index }));

function only(results: RecordResult[]): RecordResult {
  const [result] = results;
  if (result === undefined || results.length > 1) throw new Error(`${results.length} results for one record`);
  return result;
}

/** What became of the one record that Zoho answered this about. */
async function resultOf(item: unknown, status = 200) {
  await using zoho = answering([item], status);
  return only(await insertRecords(clientOf(zoho), "Deals", [{ Deal_Name: "Contract CT-1" }]));
}

/** The same of an update of record 42. */
async function updateOf(item: unknown, status = 200) {
  await using zoho = answering([item], status);
  return only(await updateRecords(clientOf(zoho), "Deals", [{ id: "42", Amount: 1 }]));
}

Deno.test("Deals are inserted, never upserted", async () => {
  await using zoho = answering([success("1"), success("2")], 201);
  await insertRecords(clientOf(zoho), "Deals", deals(2));
  const [heard] = zoho.heard;
  assertEquals([heard?.method, heard?.path, heard?.body], ["POST", "/crm/v8/Deals", { data: deals(2) }]);
});

Deno.test("Accounts and Contacts are upserted by the given fields", async () => {
  await using zoho = answering([success("1")]);
  await upsertRecords(clientOf(zoho), "Contacts", [{ Email: "a@b.example" }], ["Email"]);
  const [heard] = zoho.heard;
  assertEquals(heard?.path, "/crm/v8/Contacts/upsert");
  assertEquals(heard?.body, { data: [{ Email: "a@b.example" }], duplicate_check_fields: ["Email"] });
});

Deno.test("a refusal inside a line item names the line items, whatever Zoho calls the inner field", async () => {
  const rows = [
    ["Product_Name", "$.data[3].Quoted_Items[1].Product_Name", { row: 1, field: "Product_Name" }, undefined],
    ["id", "$.data[3].Quoted_Items[0].Product_Name.id", { row: 0, field: "Product_Name" }, true],
    ["Quantity", "$.data[3].Quoted_Items[12].Quantity", { row: 12, field: "Quantity" }, undefined],
    ["id", "$.data[3].Quoted_Items[0].id", { row: 0, field: "id" }, undefined],
    ["Quoted_Items", "$.data[3].Quoted_Items[2]", { row: 2, field: null }, undefined],
    ["Quoted_Items", "$.data[3].Quoted_Items", undefined, undefined],
  ] as const;
  for (const [api_name, json_path, line, isLookup] of rows) {
    const refusal = failure("INVALID_DATA", { api_name, json_path }, "the id given seems to be invalid");
    const result = await updateOf(refusal, 400);
    assertEquals(
      result.ok ? null : [result.code, result.field, result.line, result.isLookup],
      ["INVALID_DATA", "Quoted_Items", line, isLookup],
    );
  }
});

Deno.test("a refused lookup is a field of the record; its inner id is not the record's", async () => {
  const recorded = [
    ["INVALID_DATA", "Account_Name", "the id given seems to be invalid"],
    ["MANDATORY_NOT_FOUND", "Account_Name", "required field not found"],
    ["DEPENDENT_MISMATCH", "Owner", "the id given seems to be invalid"],
  ] as const;
  for (const [code, field, message] of recorded) {
    const refusal = failure(code, { api_name: "id", json_path: `$.data[0].${field}.id` }, message);
    for (const result of [await updateOf(refusal, 400), await resultOf(refusal, 400)]) {
      assertEquals(result.ok ? null : [result.code, result.field, result.isLookup], [code, field, true]);
    }
  }
});

Deno.test("an unknown path leaves the field to its name", async () => {
  for (const json_path of ["$.duplicate_check_fields[0]", "$.data[0]", "$.data[0].Stage..x", "Stage", 7]) {
    const result = await resultOf(failure("INVALID_DATA", { api_name: "Stage", json_path }), 400);
    assertEquals(result.ok ? null : result.field, "Stage", String(json_path));
  }
});

Deno.test("a success counts only for the record that was sent, with a success status", async () => {
  const good = success("42", { action: undefined, message: "record updated" });
  assertEquals((await updateOf(good)).ok, true);
  const odd = [[success("43"), 200], [good, 400], [{ ...good, status: "error" }, 200]] as const;
  for (const [item, status] of odd) {
    const result = await updateOf(item, status);
    assertEquals(result.ok ? null : result.code, "UNREADABLE");
  }
});

Deno.test("one refusal for many records is the call's and names its code", async () => {
  const refusal = failure("INVALID_MODULE", { resource_path_index: 0 });
  await using zoho = answering([refusal], 400);
  const fault = await assertRejects(() => insertRecords(clientOf(zoho), "Deals", deals(3)), ZohoCallError);
  assertEquals([fault.code, fault.detail.status], ["INVALID_MODULE", 400]);
});

Deno.test("an update names the record and only the fields that differ", async () => {
  await using zoho = answering([success("7", { message: "record updated", action: undefined })]);
  const differing = { KYC_Status: "Completed", Risk_Tier: null, id: "7" };
  const result = only(await updateRecords(clientOf(zoho), "Deals", [differing]));
  const [heard] = zoho.heard;
  assertEquals([heard?.method, heard?.path, heard?.body], ["PUT", "/crm/v8/Deals", { data: [differing] }]);
  assertEquals(result.ok && result.action, "update");
});

Deno.test("workflows run unless they are switched off in the call", async () => {
  await using zoho = answering([success("1")]);
  await insertRecords(clientOf(zoho, { runWorkflows: true }), "Deals", [{}]);
  await insertRecords(clientOf(zoho, { runWorkflows: false }), "Deals", [{}]);
  await updateRecords(clientOf(zoho, { runWorkflows: false }), "Deals", [{ id: "1" }]);
  assertEquals(zoho.heard.map(({ body }) => body), [
    { data: [{}] },
    { data: [{}], trigger: [] },
    { data: [{ id: "1" }], trigger: [] },
  ]);
});

Deno.test("a written record has its id, action, time and author", async () => {
  const expected = {
    ok: true,
    id: "4000000000123",
    modifiedAt: "2026-11-20T12:00:00+02:00",
    modifiedBy: "4000000000001",
  } as const;
  assertEquals(await resultOf(success("4000000000123"), 201), { ...expected, action: "insert" });
  assertEquals(await resultOf(success("4000000000123", { action: "update", message: "record updated" })), {
    ...expected,
    action: "update",
  });
  // A plain insert has no action, only a message.
  assertEquals(await resultOf(success("4000000000123", { action: undefined })), {
    ...expected,
    action: "insert",
  });
});

Deno.test("a written record without a time or an author counts as written", async () => {
  assertEquals(await resultOf(success("1", { details: { id: "1" } })), {
    ok: true,
    id: "1",
    action: "insert",
    modifiedAt: null,
    modifiedBy: null,
  });
});

Deno.test("a hundred records get a hundred results in their order", async () => {
  const items = Array.from({ length: recordsPerCall }, (_, index) => success(String(1000 + index)));
  await using zoho = answering(items);
  const results = await insertRecords(clientOf(zoho), "Deals", deals(recordsPerCall));
  assertEquals(
    results.map((result) => result.ok && result.id),
    items.map((_, index) => String(1000 + index)),
  );
});

Deno.test("one bad record among a hundred fails alone", async () => {
  const items = Array.from({ length: recordsPerCall }, (_, index) => success(String(1000 + index)));
  items[41] = failure("INVALID_DATA", { api_name: "Amount", json_path: "$.data[41].Amount" });
  await using zoho = answering(items, 207);
  const results = await insertRecords(clientOf(zoho), "Deals", deals(recordsPerCall));
  assertEquals(results.filter((result) => result.ok).length, 99);
  assertEquals(results.findIndex((result) => !result.ok), 41);
});

Deno.test("a 400 in which every record failed is a result for each", async () => {
  await using zoho = answering([
    failure("MANDATORY_NOT_FOUND", { api_name: "Deal_Name" }, "required field not found"),
    failure("RECORD_LOCKED"),
  ], 400);
  assertEquals(await insertRecords(clientOf(zoho), "Deals", deals(2)), [
    {
      ok: false,
      code: "MANDATORY_NOT_FOUND",
      field: "Deal_Name",
      message: "required field not found",
      duplicateId: null,
    },
    { ok: false, code: "RECORD_LOCKED", field: null, message: "refused", duplicateId: null },
  ]);
});

Deno.test("a refused picklist value comes with the ones that Zoho knows", async () => {
  const details = { api_name: "Stage", supported_values: ["Closed Won", "Closed Lost"] };
  const result = await resultOf(failure("INVALID_DATA", details), 400);
  assertEquals(result.ok ? null : [result.code, result.field, result.supportedValues], [
    "INVALID_DATA",
    "Stage",
    ["Closed Won", "Closed Lost"],
  ]);
});

Deno.test("a duplicate names the record that has the value, in either of Zoho's places", async () => {
  const places = [
    { api_name: "Contract_Number", duplicate_record: { id: "42", module: { api_name: "Deals", id: "1" } } },
    { api_name: "Contract_Number", id: "42" },
    { api_name: "Contract_Number", id: "41", duplicate_record: { id: "42" } },
  ];
  for (const details of places) {
    const result = await resultOf(failure("DUPLICATE_DATA", details, "duplicate data"), 400);
    assertEquals(
      result.ok ? null : [result.code, result.field, result.duplicateId],
      ["DUPLICATE_DATA", "Contract_Number", "42"],
    );
  }
});

/** The refusal of a record that clashes with others in several unique fields (insert-records page). */
const clashes = (...fields: string[]): Item =>
  failure("MULTIPLE_OR_MULTI_ERRORS", {
    errors: fields.map((field, index) =>
      failure("DUPLICATE_DATA", {
        api_name: field,
        json_path: `$.data[0].${field}`,
        duplicate_record: { id: `holder ${index}` },
      })
    ),
  });

for (
  const [fields, reference, named] of [
    [["Email", "Customer_Reference"], "Customer_Reference", [
      "DUPLICATE_DATA",
      "Customer_Reference",
      "holder 1",
    ]],
    [["Email", "Phone"], "Customer_Reference", ["DUPLICATE_DATA", "Email", "holder 0"]],
    [["Email", "Phone"], null, ["DUPLICATE_DATA", "Email", "holder 0"]],
    [[], "Customer_Reference", ["MULTIPLE_OR_MULTI_ERRORS", null, null]],
  ] as const
) {
  const what = fields.join(" and ") || "fields that are not told";
  Deno.test(`a record that clashes in ${what} and is found by ${reference} is refused as ${named[0]} of ${named[1]}`, async () => {
    await using zoho = answering([clashes(...fields)], 400);
    const result = tellingRefusal(
      only(await insertRecords(clientOf(zoho), "Contacts", [{ Last_Name: "Nkosi" }])),
      reference,
    );
    assertEquals(result.ok ? null : [result.code, result.field, result.duplicateId], [...named]);
  });
}

Deno.test("a duplicate without a record is still a duplicate", async () => {
  const result = await resultOf(failure("DUPLICATE_DATA", { api_name: "Contract_Number" }), 400);
  assertEquals(result.ok ? null : [result.code, result.duplicateId], ["DUPLICATE_DATA", null]);
});

Deno.test("only a duplicate names another record: the id in any other refusal is the record's own", async () => {
  const refusals = [
    failure("INVALID_DATA", { id: "42" }, "the id given seems to be invalid"),
    failure("ALREADY_MODIFIED", { id: "42", Modified_Time: "2026-11-20T12:00:00+02:00" }),
    failure("RECORD_LOCKED", { id: "42" }),
  ];
  for (const refusal of refusals) {
    const result = await resultOf(refusal, 400);
    assertEquals(result.ok ? null : result.duplicateId, null, String(refusal.code));
  }
});

Deno.test("an invalid id means a deleted record when it is the record's own, and a bad value in a lookup", async () => {
  const message = "the id given seems to be invalid";
  const rows = [
    [{}, message, "RECORD_NOT_FOUND"],
    [{ id: "42" }, message, "RECORD_NOT_FOUND"],
    [{ api_name: "id", json_path: "$.data[0].id" }, message, "RECORD_NOT_FOUND"],
    [{ id: "43" }, message, "INVALID_DATA"],
    [{ api_name: "id", json_path: "$.data[0].Account_Name.id" }, message, "INVALID_DATA"],
    [{ api_name: "Account_Name", json_path: "$.data[0].Account_Name.id" }, message, "INVALID_DATA"],
    [{}, "invalid data", "INVALID_DATA"],
  ] as const;
  for (const [details, words, code] of rows) {
    const result = await updateOf(failure("INVALID_DATA", details, words), 400);
    assertEquals(result.ok ? null : result.code, code, JSON.stringify(details));
    // A record that is to be made has no id of its own.
    const made = await resultOf(failure("INVALID_DATA", details, words), 400);
    assertEquals(made.ok ? null : made.code, "INVALID_DATA", JSON.stringify(details));
  }
});

Deno.test("a result of no known form is a failure of its record, not of the call", async () => {
  for (const item of [{}, null, "SUCCESS", { code: 7, details: [], message: 7 }]) {
    const result = await resultOf(item);
    assertEquals(result.ok ? null : [result.code, result.message], ["UNKNOWN", "Zoho gave no message"]);
  }
});

Deno.test("a success that names no record is no success, nor is its code", async () => {
  for (const details of [{}, { id: 42 }, { id: "" }]) {
    const result = await resultOf(success("1", { details }));
    assertEquals(result.ok ? null : result.code, "UNREADABLE", JSON.stringify(details));
  }
});

Deno.test("fewer or more results than records are unreadable: they cannot be assigned", async () => {
  for (const items of [[], [success("1")], [success("1"), success("2"), success("3")]]) {
    await using zoho = answering(items);
    const fault = await assertRejects(() => insertRecords(clientOf(zoho), "Deals", deals(2)), ZohoCallError);
    assertEquals([fault.code, fault.detail.outcomeUnknown], ["UNREADABLE", true]);
  }
});

Deno.test("a write with an empty answer is unreadable", async () => {
  await using zoho = new ListeningZoho(() => new Response(null, { status: 204 }));
  const fault = await assertRejects(() => insertRecords(clientOf(zoho), "Deals", deals(1)), ZohoCallError);
  assertEquals(fault.code, "UNREADABLE");
});

Deno.test("an error that wraps no records is a fault of the whole call", async () => {
  const body = failure(
    "INVALID_MODULE",
    { resource_path_index: 0 },
    "The module name given seems to be invalid",
  );
  await using zoho = new ListeningZoho(() => Response.json(body, { status: 400 }));
  const fault = await assertRejects(() => insertRecords(clientOf(zoho), "Deals", deals(2)), ZohoCallError);
  assertEquals([fault.code, fault.detail.status], ["INVALID_MODULE", 400]);
});

Deno.test("more than a hundred records are refused before anything is sent", async () => {
  await using zoho = answering([]);
  const client = clientOf(zoho);
  await assertRejects(() => insertRecords(client, "Deals", deals(101)), RangeError, "100");
  await assertRejects(
    () => updateRecords(client, "Deals", deals(101).map((deal) => ({ ...deal, id: "1" }))),
    RangeError,
  );
  assertEquals([zoho.heard.length, client.takeSpent().calls], [0, 0]);
});

Deno.test("ten records cost a credit, and a part of ten counts whole", () => {
  const rows = [[1, 1], [9, 1], [10, 1], [11, 2], [99, 10], [100, 10]] as const;
  for (const [records, credits] of rows) assertEquals(writeCredits(records), credits, `${records} records`);
});

Deno.test("a write costs credits by its number of records", async () => {
  await using zoho = answering(Array.from({ length: 25 }, (_, index) => success(String(index))));
  const client = clientOf(zoho);
  await insertRecords(client, "Deals", deals(25));
  assertEquals(client.takeSpent(), { credits: 3, calls: 1 });
});
