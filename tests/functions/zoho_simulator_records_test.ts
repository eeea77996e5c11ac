import { assert, assertEquals, assertMatch } from "@std/assert";
import { isObject } from "../../local/zoho/core/json.ts";
import { SECOND } from "../../supabase/functions/_shared/platform/duration.ts";
import { detailsOf, goodDeal, withZoho } from "../../local/zoho/testing.ts";

const codes = (items: { code?: unknown }[]) => items.map((item) => item.code);

Deno.test(
  "an insert answers 201 with the id, the stamps and the user of each record",
  withZoho(async (zoho) => {
    const { status, items } = await zoho.call("POST", "Deals", { data: [goodDeal] });
    assertEquals(status, 201);
    const details = detailsOf(items[0]);
    assertMatch(String(details.id), /^\d{18,19}$/);
    assertMatch(String(details.Modified_Time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+02:00$/);
    assertEquals(items[0]?.message, "record added");
    assert(isObject(details.Modified_By));
  }),
);

Deno.test(
  "a batch keeps its order and one bad record does not stop the others",
  withZoho(async (zoho) => {
    const data = [goodDeal, { Deal_Name: "No stage" }, { ...goodDeal, Deal_Name: "Third" }];
    const { status, items } = await zoho.call("POST", "Deals", { data });
    assertEquals(status, 207);
    assertEquals(codes(items), ["SUCCESS", "MANDATORY_NOT_FOUND", "SUCCESS"]);
    assertEquals(detailsOf(items[1]), { api_name: "Stage", json_path: "$.data[1].Stage" });
  }),
);

Deno.test(
  "the status of a batch that failed altogether is a switch",
  withZoho(async (zoho) => {
    for (const allFailedStatus of [400, 202, 207] as const) {
      await zoho.control.changeSettings({ allFailedStatus });
      const { status, items } = await zoho.call("POST", "Deals", { data: [{}, {}] });
      assertEquals(status, allFailedStatus);
      assertEquals(items.length, 2);
    }
  }),
);

Deno.test(
  "more than a hundred records are refused as a whole",
  withZoho(async (zoho) => {
    const data = Array.from({ length: 101 }, () => goodDeal);
    const { status, code } = await zoho.call("POST", "Deals", { data });
    assertEquals([status, code], [400, "LIMIT_EXCEEDED"]);
    assertEquals((await zoho.control.state()).records.Deals, 0);
  }),
);

Deno.test(
  "each wrong value names its field, its place and what was expected",
  withZoho(async (zoho) => {
    const wrong = {
      Closing_Date: "08/01/2026",
      Amount: "a lot",
      Probability: 1.5,
      Deal_Name: "x".repeat(121),
      Stage: "Somewhere",
    };
    for (const [name, value] of Object.entries(wrong)) {
      const { items } = await zoho.call("POST", "Deals", { data: [{ ...goodDeal, [name]: value }] });
      assertEquals(items[0]?.code, "INVALID_DATA", name);
      assertEquals(detailsOf(items[0]).api_name, name);
      assertEquals(detailsOf(items[0]).json_path, `$.data[0].${name}`);
    }
    const contact = await zoho.call("POST", "Contacts", { data: [{ Last_Name: "N", Email: "nobody" }] });
    assertEquals(detailsOf(contact.items[0]).expected_data_type, "email");
  }),
);

Deno.test(
  "a stage is written by its actual value, by its displayed one, or by either",
  withZoho(async (zoho) => {
    const taken = async (Stage: string) =>
      (await zoho.call("POST", "Deals", { data: [{ ...goodDeal, Stage }] })).status === 201;
    const [actual, displayed] = ["Closed Lost to Competition", "Closed-Lost to Competition"];
    const answers = { actual: [true, false], display: [false, true], either: [true, true] };
    for (const [rule, expected] of Object.entries(answers)) {
      await zoho.control.changeSettings({ picklistWrites: rule as keyof typeof answers });
      assertEquals([await taken(actual), await taken(displayed)], expected, rule);
    }
    const deals = await zoho.control.records("Deals");
    assertEquals(new Set(deals.map((deal) => deal.Stage)), new Set([actual]));
  }),
);

Deno.test(
  "an unknown value of an ordinary picklist is stored, or refused with the known ones",
  withZoho(async (zoho) => {
    const deal = { ...goodDeal, KYC_Status: "Compleet" };
    const id = await zoho.insert("Deals", deal);
    assertEquals((await zoho.control.record("Deals", id)).KYC_Status, "Compleet");
    await zoho.control.changeSettings({ picklists: "refuse" });
    const { items } = await zoho.call("POST", "Deals", { data: [deal] });
    assertEquals(detailsOf(items[0]).supported_values, [
      "Not Started",
      "In Progress",
      "Completed",
      "Declined",
    ]);
  }),
);

Deno.test(
  "an unknown field is dropped with SUCCESS, or refused",
  withZoho(async (zoho) => {
    const data = [{ ...goodDeal, Nonsense: 1, Expected_Revenue: 99 }];
    const dropped = await zoho.call("POST", "Deals", { data });
    assertEquals(dropped.status, 201);
    const record = await zoho.control.record("Deals", String(detailsOf(dropped.items[0]).id));
    assertEquals([record.Nonsense, record.Expected_Revenue], [undefined, null]);
    await zoho.control.changeSettings({ unknownFields: "refuse" });
    const { items } = await zoho.call("POST", "Deals", { data });
    assertEquals([items[0]?.code, detailsOf(items[0]).api_name], ["INVALID_DATA", "Nonsense"]);
  }),
);

Deno.test(
  "a unique value that another record holds is DUPLICATE_DATA with that record's id",
  withZoho(async (zoho) => {
    const deal = { ...goodDeal, Contract_Number: "CT-1" };
    const id = await zoho.insert("Deals", deal);
    const { status, items } = await zoho.call("POST", "Deals", {
      data: [{ ...deal, Contract_Number: "ct-1" }],
    });
    assertEquals([status, items[0]?.code], [400, "DUPLICATE_DATA"]);
    const duplicate = detailsOf(items[0]).duplicate_record;
    assertEquals(isObject(duplicate) && duplicate.id, id);
  }),
);

Deno.test(
  "a Contact's unique reference is kept unique, its e-mail is not, and a merge gives it to the survivor",
  withZoho(async (zoho) => {
    const contact = { Last_Name: "Nkosi", Email: "office@shared.example", Customer_Reference: "b1b6a3a4" };
    const id = await zoho.insert("Contacts", contact);
    const { items } = await zoho.call("POST", "Contacts", { data: [contact] });
    assertEquals([items[0]?.code, detailsOf(items[0]).api_name], ["DUPLICATE_DATA", "Customer_Reference"]);
    const { Customer_Reference: _, ...other } = contact;
    const master = await zoho.insert("Contacts", other);
    await zoho.control.merge("Contacts", master, [id]);
    assertEquals((await zoho.control.record("Contacts", master)).Customer_Reference, "b1b6a3a4");
  }),
);

Deno.test(
  "a lookup is by id only, unless names or bare texts are switched on",
  withZoho(async (zoho) => {
    const account = await zoho.insert("Accounts", { Account_Name: "Acme" });
    const write = (Account_Name: string | { [key: string]: string }) =>
      zoho.call("POST", "Deals", { data: [{ ...goodDeal, Account_Name }] });
    assertEquals((await write({ id: account, name: "whatever" })).status, 201);
    assertEquals((await write({ name: "Acme" })).status, 400);
    assertEquals((await write(account)).status, 400);
    await zoho.control.changeSettings({ lookupByName: "match", lookupByString: "accept" });
    assertEquals((await write({ name: "Acme" })).status, 201);
    assertEquals((await write({ name: "Nobody" })).status, 400);
    assertEquals((await write(account)).status, 201);
    await zoho.control.changeSettings({ lookupByName: "create" });
    assertEquals((await write({ name: "Nobody" })).status, 201);
    assertEquals((await zoho.control.state()).records.Accounts, 2);
  }),
);

Deno.test(
  "an upsert by a named unique field never looks at the deal's name",
  withZoho(async (zoho) => {
    const first = await zoho.insert("Deals", { ...goodDeal, Contract_Number: "CT-1" });
    const upsert = async (fields: { [key: string]: string }, named?: string[]) => {
      const body = {
        data: [{ ...goodDeal, ...fields }],
        ...(named ? { duplicate_check_fields: named } : {}),
      };
      return (await zoho.call("POST", "Deals/upsert", body)).items[0] ?? {};
    };
    const other = await upsert({ Contract_Number: "CT-2" }, ["Contract_Number"]);
    assertEquals([other.action, other.duplicate_field], ["insert", null]);
    const same = await upsert({ Contract_Number: "CT-1", Amount: "5" }, ["Contract_Number"]);
    assertEquals([same.action, same.duplicate_field, detailsOf(same).id], [
      "update",
      "Contract_Number",
      first,
    ]);
  }),
);

Deno.test(
  "an upsert that names no field merges two deals of one name",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Deals", { ...goodDeal, Contract_Number: "CT-1" });
    const { items } = await zoho.call("POST", "Deals/upsert", {
      data: [{ ...goodDeal, Contract_Number: "CT-2" }],
    });
    assertEquals([items[0]?.duplicate_field, detailsOf(items[0]).id], ["Deal_Name", id]);
    assertEquals((await zoho.control.record("Deals", id)).Contract_Number, "CT-2");
  }),
);

Deno.test(
  "an upsert may only name unique fields and the system field",
  withZoho(async (zoho) => {
    const body = { data: [goodDeal], duplicate_check_fields: ["Amount"] };
    const { status, code } = await zoho.call("POST", "Deals/upsert", body);
    assertEquals([status, code], [400, "INVALID_DATA"]);
  }),
);

Deno.test(
  "an update of an unknown id and of a locked record fails for that record only",
  withZoho(async (zoho) => {
    const [open, locked] = [await zoho.insert("Deals", goodDeal), await zoho.insert("Deals", goodDeal)];
    await zoho.control.edit("Deals", locked, { Locked__s: true });
    const data = [{ id: open, Amount: 1 }, { id: locked, Amount: 1 }, { id: "1", Amount: 1 }];
    const { status, items } = await zoho.call("PUT", "Deals", { data });
    assertEquals(status, 207);
    assertEquals(codes(items), ["SUCCESS", "RECORD_LOCKED", "INVALID_DATA"]);
    await zoho.control.edit("Deals", locked, { Locked__s: false });
    assertEquals((await zoho.call("PUT", `Deals/${locked}`, { data: [{ Amount: 1 }] })).status, 200);
  }),
);

Deno.test(
  "a conditional write is refused with 412 when the record is newer",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Deals", goodDeal);
    const read = await zoho.control.record("Deals", id);
    const headers = { "If-Unmodified-Since": String(read.Modified_Time) };
    const write = () => zoho.call("PUT", `Deals/${id}`, { data: [{ Amount: 2 }] }, { headers });
    await zoho.control.advanceClock(5 * SECOND);
    assertEquals((await write()).status, 200);
    const late = await write();
    assertEquals([late.status, late.items[0]?.code], [412, "ALREADY_MODIFIED"]);
    assertEquals(detailsOf(late.items[0]).id, id);
  }),
);

Deno.test(
  "a write that changes nothing moves Modified_Time, unless that is switched off",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Deals", goodDeal);
    const times = async () => (await zoho.control.record("Deals", id)).Modified_Time;
    const write = () => zoho.call("PUT", `Deals/${id}`, { data: [{ Stage: "Qualification" }] });
    const before = await times();
    await zoho.control.advanceClock(5 * SECOND);
    await write();
    const moved = await times();
    assert(String(moved) > String(before));
    await zoho.control.changeSettings({ modifiedTime: "on_change" });
    await zoho.control.advanceClock(5 * SECOND);
    await write();
    assertEquals(await times(), moved);
  }),
);

Deno.test(
  "deleted records are listed, and deleting twice is an error",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Deals", goodDeal);
    assertEquals((await zoho.call("GET", "Deals/deleted")).status, 204);
    assertEquals((await zoho.call("DELETE", `Deals?ids=${id}`)).items[0]?.message, "record deleted");
    assertEquals((await zoho.call("DELETE", `Deals/${id}`)).items[0]?.code, "INVALID_DATA");
    const { items } = await zoho.call("GET", "Deals/deleted?type=all");
    assertEquals([items[0]?.id, items[0]?.display_name, items[0]?.type], [id, "Fibre 100", "recycle"]);
  }),
);

Deno.test(
  "a merge deletes the losers, fills the master, and leaves no way from the old id to the new",
  withZoho(async (zoho) => {
    const master = await zoho.insert("Deals", goodDeal);
    const loser = await zoho.insert("Deals", { ...goodDeal, Contract_Number: "CT-9" });
    const body = { merge: [{ data: [{ id: loser }], master_record_fields: [{ api_name: "Deal_Name" }] }] };
    assertEquals((await zoho.call("POST", `Deals/${master}/actions/merge`, body)).status, 201);
    assertEquals((await zoho.control.record("Deals", master)).Contract_Number, "CT-9");
    assertEquals((await zoho.call("GET", `Deals/${loser}`)).status, 204);
    assertEquals(
      (await zoho.call("POST", `Quotes/${master}/actions/merge`, body)).code,
      "NOT_SUPPORTED",
    );
  }),
);

Deno.test(
  "a seller's edit is by the seller, and an API write by the integration",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Deals", goodDeal);
    const edited = await zoho.control.edit("Deals", id, { Stage: "Closed Won" });
    assertEquals(isObject(edited.Modified_By) && edited.Modified_By.name, "Thandi Seller");
    const { changes, lastSeq } = await zoho.control.changes({ module: "Deals" });
    assertEquals(changes.map((change) => [change.operation, change.by]), [["insert", "api"], [
      "update",
      "seller",
    ]]);
    assertEquals(changes[1]?.fields.Stage, { before: "Qualification", after: "Closed Won" });
    assertEquals(lastSeq, 2);
  }),
);

Deno.test(
  "a watcher of changes receives the next commit without polling",
  withZoho(async (zoho) => {
    const waiting = zoho.control.changes({ module: "Deals", waitMs: 5000 });
    await zoho.insert("Accounts", { Account_Name: "Acme" });
    const id = await zoho.insert("Deals", goodDeal);
    assertEquals((await waiting).changes.map((change) => change.id), [id]);
    assertEquals((await zoho.control.changes({ since: 2, waitMs: 20 })).changes, []);
  }),
);
