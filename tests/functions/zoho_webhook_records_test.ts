import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import {
  bothWays,
  deliver,
  edited,
  eventsOf,
  heard,
  integrationUser,
  inwardLogs,
  sellerId,
  statusesOf,
  tell,
} from "../support/webhook.ts";
import { queueRow, settled } from "../support/queue.ts";
import { dumpAll } from "../support/rows.ts";
import { dealOf, dealsOf, sell } from "../support/sale.ts";
import { contractRow, inStep, mappingOf, nextDealId, openQuestionsOf, statusOf } from "../support/linked.ts";
import { bookmark, zohoCallsSince } from "../support/zoho_calls.ts";
import { clusterUrl } from "../support/cluster.ts";
import { insertCustomer, type Row, type Values } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { fold } from "../support/fold.ts";

// Records that are deleted, restored, new, without an owner or of another module, and what is kept of a record.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, ...bothWays });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(() => stack.zoho.clearFaults());

Deno.test("a Deal deleted in Zoho leaves its contract unchanged, is marked, logged, and raises a question, once", async () => {
  const { contract, dealId } = await inStep(stack, { contract: { status: "active" } });
  const before = await contractRow(stack, contract.id);
  await stack.zoho.delete("Deals", dealId);
  assertEquals(await tell(stack, edited(dealId, { Stage: "Closed Won" }, "delete")), ["gone"]);
  await tell(stack, edited(dealId, { Stage: "Closed Won" }, "deleted"));
  await tell(stack, edited(dealId, {}, "delete"));

  const { last_synced_at: _, updated_at: __, ...after } = await contractRow(stack, contract.id);
  for (const [column, value] of Object.entries(after)) assertEquals(value, before[column], column);
  assertEquals((await mappingOf(stack, contract)).state, "deleted_in_zoho");
  assertEquals(await dealsOf(stack, contract), [], "none is made in its place");
  const questions = await openQuestionsOf(stack, contract);
  assertEquals(questions.map(({ kind, answers, closed_because }) => [kind, answers, closed_because]), [
    ["record_gone", ["make_again", "unlink"], null],
  ]);
  const [log] = await inwardLogs(stack, contract);
  assertEquals([log?.cause, log?.zoho_entity_type], ["zoho: delete", "Deals"]);
  assertMatch(String(log?.error_message), /^RECORD_NOT_FOUND/);
});

Deno.test("a deletion reported for an existing Deal is ignored", async () => {
  const { contract, dealId } = await inStep(stack);
  assertEquals(await tell(stack, edited(dealId, {}, "delete")), ["nothing_new"]);
  assertEquals((await mappingOf(stack, contract)).state, "linked");
  assertEquals(await openQuestionsOf(stack, contract), []);
});

Deno.test("a restored and edited Deal is linked again, and its question is closed", async () => {
  const { contract, dealId } = await inStep(stack);
  await stack.zoho.delete("Deals", dealId);
  await tell(stack, edited(dealId, {}, "delete"));
  await stack.zoho.restore("Deals", dealId);
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  assertEquals((await tell(stack, edited(dealId, { Stage: "Closed Won" }))).at(-1), "applied");
  assertEquals((await mappingOf(stack, contract)).state, "linked");
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals((await openQuestionsOf(stack, contract)).map(({ closed_because }) => closed_because), [
    "over",
  ]);
});

Deno.test("an edit reported after the deletion does not bring the Deal back", async () => {
  const { contract, dealId } = await inStep(stack);
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  await stack.zoho.delete("Deals", dealId);
  await tell(stack, edited(dealId, { Stage: "Closed Won" }, "delete"));
  assertEquals((await tell(stack, edited(dealId, { Stage: "Closed Won" }))).at(-1), "gone");
  assertEquals((await mappingOf(stack, contract)).state, "deleted_in_zoho");
  assertEquals(await statusOf(stack, contract), "draft");
});

Deno.test("a hint of a contract that was deleted in CircleTel is ignored", async () => {
  const { contract, dealId } = await inStep(stack);
  await stack.sql`delete from public.contracts where id = ${contract.id}`;
  await fold(stack.sql);
  const mark = await bookmark(stack);
  const { json } = await deliver(stack, edited(dealId, { Stage: "Closed Won" }));
  assertMatch(json.message ?? "", /^recorded: The contract does not go to the CRM/);
  assertEquals(await statusesOf(stack, dealId), ["ignored"]);
  assertEquals((await mappingOf(stack, contract)).state, "orphaned");
  assertEquals(await zohoCallsSince(stack, mark), []);
});

Deno.test("a record without a contract is answered with 200, stored as unmapped, and warned of", async () => {
  const dealId = nextDealId();
  const lines: string[] = [];
  const stop = stack.functions.listen("zoho-webhook", (line) => lines.push(line));
  const { status, json } = await deliver(stack, edited(dealId, { Stage: "Closed Won", Amount: 1 }));
  assertEquals([status, json.success, json.message], [
    200,
    true,
    "recorded: No contract of CircleTel owns this record",
  ]);
  const [event] = await eventsOf(stack, dealId);
  assertEquals([event?.id, event?.status, event?.told, event?.modified_by], [
    json.eventId ?? "",
    "unmapped",
    null,
    null,
  ]);
  const line = await until(() => lines.find((each) => each.includes("unmapped")), { what: "a warning" });
  stop();
  assertEquals([JSON.parse(line).level, JSON.parse(line).event_id], ["warn", json.eventId]);
});

Deno.test("a hint before its mapping is not lost: the Deal gets a look once the contract owns it (M2)", async () => {
  // The answer to the creation drips in long after the seller has moved the Deal.
  await stack.zoho.addFaults({
    match: { method: "POST", path: "Deals$" },
    kind: "slow_drip",
    ms: 1_500,
    times: 1,
  });
  const { contract } = await sell(stack);
  const { id: dealId } = await until(async () => (await dealsOf(stack, contract))[0], { what: "the Deal" });
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  const { json } = await deliver(stack, edited(dealId, { Stage: "Closed Won" }));
  assertMatch(json.message ?? "", /^recorded: No contract/);
  assertEquals((await queueRow(stack, contract))?.status, "in_flight");

  await settled(stack, contract);
  assertEquals(await heard(stack, dealId), ["applied"]);
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals((await dealOf(stack, contract)).Stage, "Closed Won");
});

Deno.test("a Deal whose create has a lost answer is found, with the seller's move reported meanwhile (M2)", async () => {
  await stack.zoho.addFaults({ match: { method: "POST", path: "Deals$" }, kind: "drop_reply" });
  const { contract } = await sell(stack);
  const { id: dealId } = await until(async () => (await dealsOf(stack, contract))[0], { what: "the Deal" });
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  await deliver(stack, edited(dealId, { Stage: "Closed Won" }));
  await stack.zoho.clearFaults();
  await until(async () => {
    await stack.sql`select public.zoho_resume()`;
    await stack.sql`update public.zoho_sync_queue set next_attempt_at = now() where status = 'pending'`;
    await stack.invoke("zoho-sync");
    return await queueRow(stack, contract) === undefined;
  }, { what: "the contract done", everyMs: 500 });
  await heard(stack, dealId);
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals((await dealOf(stack, contract)).Stage, "Closed Won");
});

/** A customer with a Contact, and nothing queued. */
async function customerWithContact(): Promise<{ customer: Row; contactId: string }> {
  const { sql } = stack;
  const contactId = nextDealId();
  const { id } = await insertCustomer(sql);
  await sql`
    insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
    values ('customer', ${id}, 'Contacts', ${contactId})
  `;
  const [customer] = await sql<Row[]>`select * from public.customers where id = ${id}`;
  if (!customer) throw new Error("there is no customer");
  return { customer, contactId };
}

Deno.test("an edit of a Contact is ignored where customers are not synced, and its values are not kept", async () => {
  const { sql } = stack;
  const { customer, contactId } = await customerWithContact();
  const mark = await bookmark(stack);
  const record_data = { Last_Name: "Grootboom", Email: "pieter@elsewhere.example" };
  const payload = { module: "Contacts", operation: "edit", record_id: contactId, record_data };
  const { json } = await deliver(stack, payload);
  assertEquals(json.message, "recorded");
  assertEquals(await heard(stack, contactId), ["ignored"]);
  await deliver(stack, { ...payload, record_id: nextDealId() });
  const [after] = await sql<Row[]>`select * from public.customers where id = ${customer.id}`;
  assertEquals(after, customer);
  assertEquals(await zohoCallsSince(stack, mark), []);
  assertEquals((await dumpAll(stack)).includes("Grootboom"), false);
});

Deno.test("records without an owner in CircleTel are unmapped, whatever their module", async () => {
  for (const module of ["Contacts", "Quotes", "Invoices"]) {
    const id = nextDealId();
    await deliver(stack, { module, operation: "edit", record_id: id, record_data: { Email: "a@b.example" } });
    assertEquals(await statusesOf(stack, id), ["unmapped"], module);
  }
});

Deno.test("other modules cause no read, even one named like an inherited property", async () => {
  const mark = await bookmark(stack);
  for (
    const module of ["Leads", "Tasks", "Custom_Module1", "constructor", "toString", "__proto__", "valueOf"]
  ) {
    const id = nextDealId();
    const { json } = await deliver(stack, {
      module,
      operation: "edit",
      record_id: id,
      record_data: { Stage: "Closed Won" },
    });
    assertEquals(json.message, `recorded: CircleTel reads nothing of ${module}`);
    assertEquals(await statusesOf(stack, id), ["unmapped"], module);
  }
  assertEquals(await zohoCallsSince(stack, mark), []);
});

Deno.test("a hint keeps values that identify no one, and nothing of a person", async () => {
  const { dealId } = await inStep(stack);
  const personal: Values = {
    Description: "Thandi asked for Babelas Street",
    Deal_Name: "Nomvuladeal",
    First_Name: "Nomvulafirst",
    Last_Name: "Dlaminilast",
    Full_Name: "Nomvulafull",
    Email: "nomvula@secret.example",
    Secondary_Email: "other@secret.example",
    Phone: "+27 82 111 2222",
    Mobile: "+27 83 333 4444",
    ID_Number: "8001015009087",
    Mailing_Street: "7 Babelas Street",
    Owner: { id: sellerId, name: "Ownername", email: "owner@secret.example" },
    Modified_By: { id: sellerId, name: "Sellername", email: "seller@secret.example" },
    Created_By: { id: integrationUser, name: "Creatorname", email: "creator@secret.example" },
    Contact_Name: { id: "4876876000000000003", name: "Nomvula Contactname" },
    Account_Name: { id: "4876876000000000004", name: "Pieter Accountname" },
    Risk_Tier: "High",
  };
  const secrets =
    /Babelas|Nomvula|Dlamini|secret\.example|111 2222|333 4444|8001015009087|Ownername|Sellername|Creatorname|Contactname|Accountname/;
  for (const module of ["Deals", "Contacts", "Quotes", "Invoices", "Leads"]) {
    for (const operation of ["create", "edit", "delete"]) {
      const record_id = module === "Deals" ? dealId : nextDealId();
      await deliver(stack, {
        module,
        operation,
        record_id,
        record_data: { ...personal, Stage: "Closed Won" },
      });
    }
  }
  await heard(stack, dealId);
  const [event] = await eventsOf(stack, dealId);
  assertEquals([event?.told, event?.modified_by], [{ Stage: "Closed Won", Risk_Tier: "High" }, sellerId]);
  const dump = await dumpAll(stack);
  assert(dump.includes("Closed Won"));
  assertEquals(dump.match(secrets)?.[0], undefined);
});

Deno.test("a status that the database refuses leaves the hint failed, says why, and everything else as it was", async () => {
  const { contract, dealId } = await inStep(stack);
  const facts = async () => {
    const { last_synced_at: _, updated_at: __, ...row } = await contractRow(stack, contract.id);
    return row;
  };
  const before = await facts();
  await stack.sql`alter table public.contracts add constraint no_luck check (status <> 'active') not valid`;
  try {
    await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
    assertEquals(await tell(stack, edited(dealId, { Stage: "Closed Won" })), ["failed"]);
  } finally {
    await stack.sql`alter table public.contracts drop constraint no_luck`;
  }
  assertEquals(await facts(), before);
  assertEquals((await mappingOf(stack, contract)).agreed_status, "draft");
  assertMatch((await eventsOf(stack, dealId))[0]?.reason ?? "", /23514/);
  assertEquals((await queueRow(stack, contract))?.error_code, "STATUS_REFUSED");

  // Whatever tells of the Deal next is another chance.
  await tell(stack, edited(dealId, { Stage: "Closed Won" }));
  assertEquals(await statusOf(stack, contract), "active");
});
