import { assertEquals, assertMatch } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { connectWorkflow } from "../../local/deluge.ts";
import { until } from "../support/until.ts";
import { deadLetter, drainsAreOver, knownField, letFieldsBeDue, snapshotOf } from "./fields_steps.ts";
import { Administrator } from "../support/administrator.ts";
import { linesOf, quoteFor, settledEstimate } from "./record_types_steps.ts";
import { dealOf, sell, settledDeal } from "../support/sale.ts";
import { renewedStack } from "../support/renewed_stack.ts";
import { idOf, pick } from "../support/rows.ts";
import { bookmark, zohoCallsSince } from "../support/zoho_calls.ts";
import { settled, sweep } from "../support/queue.ts";

// The fields of an org are not ours: they are renamed, deleted and made again while the sync runs.

// A drain that has read the names of the last test's org may look for work once more.
const renewed = renewedStack({
  functions: ["zoho-sync", "zoho-admin", "zoho-webhook"],
}, ["zoho-sync"]);
let stack: Stack;
let administrator: Administrator;
Deno.test.beforeEach(async () => {
  stack = await renewed.renew();
  administrator = new Administrator(stack);
});
Deno.test.afterAll(() => renewed.stop());

const fieldReads = (calls: string[]) => calls.filter((call) => call === "GET /settings/fields").length;

Deno.test("the fields are read once an hour, by the first drain that has work", async () => {
  await letFieldsBeDue(stack);
  const mark = await bookmark(stack);
  for (let count = 0; count < 3; count++) await settledDeal(stack, (await sell(stack)).contract);
  // Deals, Quotes, Invoices, Accounts, Contacts, Products
  assertEquals(fieldReads(await zohoCallsSince(stack, mark)), 6);
  const [state] = await stack.sql`
    select fields_due_at between now() + interval '59 minutes' and now() + interval '1 hour' as in_an_hour
    from public.zoho_sync_state`;
  assertEquals(state?.in_an_hour, true);
});

Deno.test("a Deal is looked up before it is made where Contract Number is not unique, and made once", async () => {
  await administrator.letBeDoubled("Deals", "Contract_Number");
  await letFieldsBeDue(stack);
  await stack.zoho.addFaults({ match: { method: "POST", path: "/Deals" }, kind: "drop_reply", times: 1 });
  const mark = await bookmark(stack);
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  assertEquals((await knownField(stack, "Deals", "Contract_Number")).problem, "not_unique");
  const { changes } = await stack.zoho.changes({ since: mark.changes, module: "Deals" });
  assertEquals(changes.map(({ operation, id }) => [operation, id]), [["insert", deal.id]]);
});

Deno.test("a Contact is looked up before it is made where Customer Reference is not unique, and made once", async () => {
  await administrator.letBeDoubled("Contacts", "Customer_Reference");
  await letFieldsBeDue(stack);
  await stack.zoho.addFaults({
    match: { method: "POST", path: "/Contacts" },
    kind: "drop_reply",
    times: 1,
  });
  const { contract, customer } = await sell(stack, { customer: { email: " " } });
  await settledDeal(stack, contract);
  assertEquals((await knownField(stack, "Contacts", "Customer_Reference")).problem, "not_unique");
  const contacts = await stack.zoho.records("Contacts");
  assertEquals(contacts.map((contact) => contact.Customer_Reference), [customer?.id]);
});

Deno.test("no Contact is made where Contacts lack Customer Reference: the Deal is sent without, and gets it with the field", async () => {
  const known = await sell(stack);
  const { Contact_Name: lookup } = await settledDeal(stack, known.contract);
  await administrator.delete("Contacts", "Customer_Reference");
  await letFieldsBeDue(stack);
  await stack.sql`update public.customers set first_name = 'Edited' where id = ${known.customer?.id ?? null}`;
  await settled(stack, known.contract);
  assertEquals((await stack.zoho.record("Contacts", idOf(lookup) ?? "")).First_Name, "Edited");
  const { contract, customer } = await sell(stack);
  const { error_code, error_field } = await deadLetter(stack, contract);
  assertEquals([error_code, error_field], ["FIELD_MISSING", "Customer_Reference"]);
  const { Contact_Name, KYC_Status } = await dealOf(stack, contract);
  assertEquals([Contact_Name, KYC_Status], [null, "Completed"]);

  await drainsAreOver(stack);
  const answer = await stack.invoke("zoho-admin/fields", { apply: true });
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
  await sweep(stack);
  await settled(stack, contract);
  const { Contact_Name: made } = await settledDeal(stack, contract);
  assertEquals((await stack.zoho.record("Contacts", idOf(made) ?? "")).Customer_Reference, customer?.id);
});

Deno.test("an Estimate is made once where Quote Reference is not unique, and so are its rows", async () => {
  await stack.sql`update public.zoho_sync_state set synced_types = '{quote}' where true`;
  await administrator.letBeDoubled("Quotes", "Quote_Reference");
  await letFieldsBeDue(stack);
  await stack.zoho.addFaults({ match: { method: "POST", path: "/Quotes" }, kind: "drop_reply", times: 1 });
  const { quote } = await quoteFor(stack);
  const estimate = await settledEstimate(stack, quote);
  assertEquals((await stack.zoho.records("Quotes")).length, 1);
  assertEquals((await linesOf(stack, estimate)).length, 2);
});

Deno.test("a drain that finds nothing to do reads no fields", async () => {
  await letFieldsBeDue(stack);
  const mark = await bookmark(stack);
  await stack.invoke("zoho-sync", {});
  await until(
    async () => (await stack.sql`select last_drain_at from public.zoho_sync_state`)[0]?.last_drain_at,
    {
      what: "the drain",
    },
  );
  assertEquals(await zohoCallsSince(stack, mark), []);
});

Deno.test("a deleted field blocks neither the contract's other fields nor other contracts, and is not reported as sent", async () => {
  const { contract, rica } = await sell(stack);
  const { contract: other } = await sell(stack);
  await settled(stack, [contract, other]);
  assertEquals((await settledDeal(stack, contract)).RICA_Status, "Approved");

  await administrator.delete("Deals", "RICA_Status");
  await letFieldsBeDue(stack);
  await stack.sql.begin(async (sql) => {
    await sql`update rica_submissions set status = 'rejected' where id = ${rica?.id ?? null}`;
    await sql`update contracts set total_contract_value = 77 where id = ${contract.id}`;
  });

  const { error_code, error_field, error_message } = await deadLetter(stack, contract);
  assertEquals([error_code, error_field], ["FIELD_MISSING", "RICA_Status"]);
  assertMatch(String(error_message), /deno task zoho:fields/);
  assertEquals(
    (await stack.zoho.records("Deals")).find((deal) => deal.Contract_Number === contract.contract_number)
      ?.Amount,
    77,
  );
  assertEquals("RICA_Status" in await snapshotOf(stack, contract), false);
  assertEquals("RICA_Status" in await snapshotOf(stack, other), false);
  assertEquals(pick(await knownField(stack, "Deals", "RICA_Status"), ["problem"]), { problem: "missing" });

  await stack.sql`update contracts set total_contract_value = 78 where id = ${other.id}`;
  const { error_code: second } = await deadLetter(stack, other);
  assertEquals(second, "FIELD_MISSING");

  await drainsAreOver(stack);
  const answer = await stack.invoke("zoho-admin/fields", { apply: true });
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
  await sweep(stack);
  await settled(stack, [contract, other]);
  assertEquals((await settledDeal(stack, contract)).RICA_Status, "Rejected");
  assertEquals(pick(await settledDeal(stack, other), ["RICA_Status", "Amount"]), {
    RICA_Status: "Approved",
    Amount: 78,
  });
  assertEquals((await knownField(stack, "Deals", "RICA_Status")).problem, null);
});

Deno.test("a recreated field is filled in records without other changes", async () => {
  const { contract } = await sell(stack);
  await settledDeal(stack, contract);
  await administrator.delete("Deals", "Risk_Tier");
  const made = await stack.invoke("zoho-admin/fields", { apply: true });
  assertEquals(made.status, 200, JSON.stringify(made.body));
  await sweep(stack);
  await until(async () => (await settledDeal(stack, contract)).Risk_Tier === "Low", {
    what: "the tier",
  });
});

Deno.test("a renamed field is written, read and found under its new name", async () => {
  const { contract, kyc } = await sell(stack, { kyc: { status: "in_progress", verification_result: null } });
  await settledDeal(stack, contract);
  await administrator.change("Deals", "KYC_Status", { api_name: "KYC_State" });
  await administrator.change("Deals", "Contract_Number", { api_name: "Contract_No" });
  await letFieldsBeDue(stack);

  await stack.sql`
    update kyc_sessions set status = 'completed', verification_result = 'approved' where id = ${
    kyc?.id ?? null
  }`;
  await settled(stack, contract);
  const [deal] = await stack.zoho.records("Deals");
  assertEquals(pick(deal ?? {}, ["KYC_State", "KYC_Status", "Contract_No"]), {
    KYC_State: "Completed",
    KYC_Status: undefined,
    Contract_No: contract.contract_number,
  });
  assertEquals((await snapshotOf(stack, contract)).KYC_Status, "Completed");
  assertEquals(pick(await knownField(stack, "Deals", "KYC_Status"), ["api_name", "problem"]), {
    api_name: "KYC_State",
    problem: null,
  });

  const { contract: second } = await sell(stack);
  await settled(stack, second);
  const numbers = (await stack.zoho.records("Deals")).map((each) => each.Contract_No);
  assertEquals(numbers.toSorted(), [contract.contract_number, second.contract_number].toSorted());
});

Deno.test("a Deal read from Zoho has a renamed field under our name", async () => {
  const { contract } = await sell(stack);
  await settledDeal(stack, contract);
  await administrator.change("Deals", "KYC_Status", { api_name: "KYC_State" });
  await letFieldsBeDue(stack);
  await stack
    .sql`update public.zoho_entity_mappings set snapshot = snapshot - 'KYC_Status' where circletel_id = ${contract.id}`;
  const mark = await bookmark(stack);
  await stack.sql.begin(async (sql) => {
    await sql`update contracts set total_contract_value = 5 where id = ${contract.id}`;
    await sql`select public.zoho_enqueue('contract', array[${contract.id}::uuid], p_look => true)`;
  });
  await settled(stack, contract);
  const { changes } = await stack.zoho.changes({ since: mark.changes, module: "Deals" });
  assertEquals(changes.map(({ fields }) => Object.keys(fields)), [["Amount", "Expected_Revenue"]]);
});

Deno.test("a seller's edit of a renamed field arrives under our name and is corrected", async () => {
  const { contract } = await sell(stack);
  const { id } = await settledDeal(stack, contract);
  await administrator.change("Deals", "KYC_Status", { api_name: "KYC_State" });
  await letFieldsBeDue(stack);
  await stack.sql`update contracts set total_contract_value = 9 where id = ${contract.id}`;
  await settled(stack, contract);
  await connectWorkflow(stack, stack.webhookSecret);

  await stack.zoho.edit("Deals", id, { KYC_State: "Declined" });
  await until(async () => (await stack.zoho.record("Deals", id)).KYC_State === "Completed", {
    what: "the value that CircleTel decides",
  });
  const [event] = await stack.sql<{ fields: unknown }[]>`
    select told -> 'KYC_Status' as fields from public.zoho_webhook_events order by seq limit 1`;
  assertEquals(event?.fields, "Declined");
});

Deno.test("a value whose option was deleted waits alone, and is sent when the option is back", async () => {
  const { contract, rica } = await sell(stack);
  const { contract: other } = await sell(stack);
  await settled(stack, [contract, other]);
  await administrator.change("Deals", "RICA_Status", {
    pick_list_values: [{ actual_value: "Rejected", _delete: null }],
  });
  await letFieldsBeDue(stack);
  await stack.sql`update rica_submissions set status = 'rejected' where id = ${rica?.id ?? null}`;
  const { error_code, error_field } = await deadLetter(stack, contract);
  assertEquals([error_code, error_field], ["PICKLIST_VALUE_MISSING", "RICA_Status"]);
  assertEquals((await snapshotOf(stack, contract)).RICA_Status, "Approved");
  assertEquals(pick(await knownField(stack, "Deals", "RICA_Status"), ["problem", "missing_options"]), {
    problem: "missing_options",
    missing_options: ["Rejected"],
  });
  await stack.sql`update contracts set total_contract_value = 6 where id = ${other.id}`;
  assertEquals((await settledDeal(stack, other)).Amount, 6);

  await drainsAreOver(stack);
  await stack.invoke("zoho-admin/fields", { apply: true });
  await sweep(stack);
  await settled(stack, contract);
  await until(async () => (await settledDeal(stack, contract)).RICA_Status === "Rejected", {
    what: "Rejected",
  });
  const options = (await administrator.fields("Deals")).find(({ api_name }) => api_name === "RICA_Status")
    ?.pick_list_values;
  assertEquals(Array.isArray(options) && options.length, 4);
});

Deno.test("a Deal is not made without the number that identifies it", async () => {
  await administrator.delete("Deals", "Contract_Number");
  await letFieldsBeDue(stack);
  const { contract } = await sell(stack);
  const { error_code, error_field } = await deadLetter(stack, contract);
  assertEquals([error_code, error_field], ["FIELD_MISSING", "Contract_Number"]);
  assertEquals(await stack.zoho.records("Deals"), []);
});

Deno.test("an unreadable field list blocks nothing and is read again in five minutes", async () => {
  await stack.zoho.changeSettings({
    scopes: "ZohoCRM.modules.ALL ZohoCRM.coql.READ ZohoSearch.securesearch.READ",
  });
  await letFieldsBeDue(stack);
  const { contract } = await sell(stack);
  await settledDeal(stack, contract);
  const [state] = await stack.sql`
    select paused_until, fields_due_at < now() + interval '6 minutes' as soon from public.zoho_sync_state`;
  assertEquals(pick(state ?? {}, ["paused_until", "soon"]), { paused_until: null, soon: true });
});
