import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import {
  at,
  deliver,
  edited,
  eventsOf,
  integrationUser,
  inwardLogs,
  post,
  seller,
  signed,
  statusesOf,
  webhookOnly,
} from "../support/webhook.ts";
import { queueRow } from "../support/queue.ts";
import { dumpAll } from "../support/rows.ts";
import { contractRow, link, mappingOf, nextDealId, statusOf } from "../support/linked.ts";
import { clusterUrl } from "../support/cluster.ts";
import { insertCustomer, type Row, type Values } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { fold } from "../support/fold.ts";

// Who owns which field, what happens to records that are gone or nobody's, and what is kept of a record.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, ...webhookOnly });
});
Deno.test.afterAll(() => stack.stop());

const noticesOf = async (contract: Row): Promise<Row[]> => {
  const rows = await stack.sql<
    Row[]
  >`select * from public.zoho_notices where entity_id = ${contract.id} order by id`;
  return [...rows];
};

/** The lines that zoho-webhook prints from here on. */
function listen(): { lines: string[]; stop: () => void } {
  const lines: string[] = [];
  return { lines, stop: stack.functions.listen("zoho-webhook", (line) => lines.push(line)) };
}

const edits: [field: string, inZoho: unknown][] = [
  ["KYC_Status", "Declined"],
  ["KYC_Verified_Date", "2026-01-01"],
  ["KYC_Verified_Date", null],
  ["Risk_Tier", "High"],
  ["Risk_Tier", "-None-"],
  ["RICA_Status", "Rejected"],
  ["Amount", 1],
  ["Amount", null],
  ["Contract_Number", "CT-2026-999"],
  ["Contract_Signed_Date", "2026-01-01"],
  ["Closing_Date", "2027-01-01"],
  ["Deal_Name", "Something else"],
  ["Type", "Existing Business"],
  ["Account_Name", { id: "4876876000000000007", name: "Somebody else" }],
];

for (const [field, inZoho] of edits) {
  Deno.test(`${field} edited to ${JSON.stringify(inZoho)} in Zoho is drift: logged with both values, put back, nothing else touched`, async () => {
    const { contract, dealId, snapshot } = await link(stack);
    const before = await contractRow(stack, contract.id);
    await deliver(stack, edited(dealId, { [field]: inZoho, Modified_Time: at(5) }));

    assertEquals(await contractRow(stack, contract.id), before);
    const [log, ...more] = await inwardLogs(stack, contract);
    assertEquals(more, []);
    const { drift } = log?.response_payload as {
      drift: Record<string, { zoho: unknown; circletel: unknown }>;
    };
    const kept = field === "Account_Name"
      ? { id: "4876876000000000007" }
      : inZoho === "-None-"
      ? null
      : inZoho;
    assertEquals(drift, { [field]: { zoho: kept, circletel: (snapshot as Values)[field] ?? null } });
    assertMatch(String(log?.error_message), new RegExp(`^DRIFT: ${field} `));
    const queued = await queueRow(stack, contract);
    assertEquals([queued?.status, queued?.lane, queued?.cause], ["pending", 0, "drift"]);
    const mapping = await mappingOf(stack, contract);
    assertEquals((mapping.snapshot as Values)[field], kept, "the next diff starts from what Zoho holds");
    assertEquals(await statusesOf(stack, dealId), ["applied"]);
  });
}

Deno.test("an edit that leaves every field as CircleTel wrote it is no drift, however it is written", async () => {
  const { contract, dealId } = await link(stack, {
    snapshot: { Account_Name: { id: "4876876000000000008" }, Contract_Signed_Date: null },
  });
  await deliver(
    stack,
    edited(dealId, {
      Amount: "49476.00",
      Account_Name: { name: "Karoo Traders", id: "4876876000000000008" },
      Contract_Signed_Date: "",
      Risk_Tier: "Low",
      Stage: "proposal / price quote",
      Contact_Name: null,
      Modified_Time: at(5),
    }),
  );
  assertEquals(await statusesOf(stack, dealId), ["ignored"]);
  assertEquals(await queueRow(stack, contract), undefined);
});

Deno.test("a lookup that a script gives by its id alone is the same lookup", async () => {
  const { contract, dealId } = await link(stack, {
    snapshot: { Account_Name: { id: "4876876000000000008" } },
  });
  await deliver(stack, edited(dealId, { Account_Name: "4876876000000000008", Modified_Time: at(5) }));
  assertEquals(await queueRow(stack, contract), undefined);
});

Deno.test("a stage moved and a KYC value edited in one go: the contract follows, the value is put back", async () => {
  const { contract, dealId } = await link(stack);
  await deliver(
    stack,
    edited(dealId, { Stage: "Closed Won", KYC_Status: "Declined", Modified_Time: at(5) }),
  );
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals((await queueRow(stack, contract))?.cause, "drift");
  const [log] = await inwardLogs(stack, contract);
  const { from, to, stage } = log?.response_payload as Record<string, unknown>;
  assertEquals([from, to, stage], ["draft", "active", "Closed Won"]);
});

Deno.test("a field that Zoho owns changes nothing", async () => {
  const { contract, dealId } = await link(stack);
  await deliver(stack, edited(dealId, { Probability: 10, Next_Step: "Call", Modified_Time: at(5) }));
  assertEquals(await statusesOf(stack, dealId), ["ignored"]);
  assertEquals(await queueRow(stack, contract), undefined);
});

Deno.test("a Deal deleted in Zoho leaves its contract, is marked, told to a person and logged, once", async () => {
  const { contract, dealId } = await link(stack, { status: "active", stage: "Closed Won" });
  const before = await contractRow(stack, contract.id);
  await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(0) }, "delete"));
  await deliver(
    stack,
    edited(dealId, { Stage: "Closed Won", Modified_Time: at(0), Tag: "twice" }, "deleted"),
  );
  const third = JSON.stringify(edited(dealId, {}, "delete"));
  await post(stack, third, signed(third));
  assertEquals(await contractRow(stack, contract.id), before);
  assertEquals((await mappingOf(stack, contract)).state, "deleted_in_zoho");
  const notices = await noticesOf(contract);
  assertEquals(notices.map(({ kind, zoho_id }) => [kind, zoho_id]), [["deleted_in_zoho", dealId]]);
  assertMatch(String(notices[0]?.message), new RegExp(String(contract.contract_number)));
  const logs = await inwardLogs(stack, contract);
  assertEquals(logs.map(({ cause, zoho_entity_id }) => [cause, zoho_entity_id]), [["zoho: delete", dealId]]);
  assertEquals((await statusesOf(stack, dealId)).filter((status) => status === "applied"), ["applied"]);
});

Deno.test("a Deal that is restored and edited is linked again", async () => {
  const { contract, dealId } = await link(stack);
  await deliver(stack, edited(dealId, { Modified_Time: at(0) }, "delete"));
  await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(5) }));
  assertEquals((await mappingOf(stack, contract)).state, "linked");
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("an edit from before the deletion that comes after it does not bring the Deal back", async () => {
  const { contract, dealId } = await link(stack);
  await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(5) }, "delete"));
  await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(5) }, "edit"));
  assertEquals((await mappingOf(stack, contract)).state, "deleted_in_zoho");
});

Deno.test("an event of a contract that was deleted in CircleTel is ignored", async () => {
  const { contract, dealId } = await link(stack);
  await stack.sql`delete from public.contracts where id = ${contract.id}`;
  await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(5) }));
  assertEquals(await statusesOf(stack, dealId), ["ignored"]);
  await fold(stack.sql);
  assertEquals((await mappingOf(stack, contract)).state, "orphaned");
});

Deno.test("a record that no contract owns is acknowledged, kept as unmapped, and warned of", async () => {
  const dealId = nextDealId();
  const heard = listen();
  const { json } = await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(5) }));
  assertEquals([json.success, json.message], [true, "unmapped"]);
  assertEquals(await statusesOf(stack, dealId), ["unmapped"]);
  const line = await until(() => heard.lines.find((each) => each.includes("unmapped")), {
    what: "a warning",
  });
  heard.stop();
  assertEquals([JSON.parse(line).level, JSON.parse(line).event_id], ["warn", json.eventId]);
});

Deno.test("a record that a drain is making this moment waits for it", async () => {
  const { contract, dealId } = await link(stack);
  const { sql } = stack;
  await sql`delete from public.zoho_entity_mappings where zoho_id = ${dealId}`;
  await sql`select public.zoho_enqueue('contract', array[${contract.id}]::uuid[])`;
  await sql`
    update public.zoho_sync_queue
    set status = 'in_flight', lease_owner = gen_random_uuid(), lease_until = now() + interval '1 minute'
    where entity_id = ${contract.id}
  `;
  const { contract_number: Contract_Number } = contract;
  await deliver(
    stack,
    edited(dealId, { Contract_Number, Stage: "Closed Won", Modified_Time: at(5) }, "create"),
  );
  assertEquals(await statusesOf(stack, dealId), ["received"]);
  await fold(sql);
  await sql`delete from public.zoho_sync_queue where entity_id = ${contract.id}`;
});

Deno.test("edits of a customer's Contact are noted by the fields' names, and change nothing", async () => {
  const { contract } = await link(stack);
  const contactId = nextDealId();
  const { sql } = stack;
  const inserted = await insertCustomer(sql);
  const [customer] = await sql<Row[]>`select * from public.customers where id = ${inserted.id}`;
  await sql`
    insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
    values ('customer', ${customer?.id ?? null}, 'Contacts', ${contactId})
  `;
  const payload = {
    module: "Contacts",
    operation: "edit",
    record_id: contactId,
    record_data: { Last_Name: "Grootboom", Email: "pieter@elsewhere.example", Modified_Time: at(5) },
  };
  await deliver(stack, payload);
  await deliver(stack, { ...payload, record_id: nextDealId() });
  const [event] = await eventsOf(stack, contactId);
  assertEquals(event?.status, "ignored");
  assertMatch(event?.reason ?? "", /would have changed: Last_Name, Email/);
  const [after] = await sql<Row[]>`select * from public.customers where id = ${customer?.id ?? null}`;
  assertEquals(after, customer);
  assertEquals(await queueRow(stack, contract), undefined);
  assertEquals((await dumpAll(stack)).includes("Grootboom"), false);
});

Deno.test("a Contact that no customer owns is unmapped", async () => {
  const id = nextDealId();
  await deliver(stack, {
    module: "Contacts",
    operation: "edit",
    record_id: id,
    record_data: { Email: "a@b.example" },
  });
  assertEquals(await statusesOf(stack, id), ["unmapped"]);
});

Deno.test("a Quote and an Invoice that nobody of CircleTel owns are unmapped", async () => {
  for (const module of ["Quotes", "Invoices"]) {
    const id = nextDealId();
    await deliver(stack, { module, operation: "edit", record_id: id, record_data: { Status: "Created" } });
    assertEquals(await statusesOf(stack, id), ["unmapped"], module);
  }
});

Deno.test("of other modules nothing is read, even of one named like a part of every object", async () => {
  for (
    const module of ["Leads", "Tasks", "Custom_Module1", "constructor", "toString", "__proto__", "valueOf"]
  ) {
    const id = nextDealId();
    await deliver(stack, { module, operation: "edit", record_id: id, record_data: { Stage: "Closed Won" } });
    assertEquals(await statusesOf(stack, id), ["ignored"], module);
  }
});

Deno.test("an event keeps what we read and nothing of a person", async () => {
  const { dealId } = await link(stack);
  const personal: Values = {
    Description: "Thandi asked for Babelas Street",
    First_Name: "Nomvulafirst",
    Last_Name: "Dlaminilast",
    Full_Name: "Nomvulafull",
    Email: "nomvula@secret.example",
    Secondary_Email: "other@secret.example",
    Phone: "+27 82 111 2222",
    Mobile: "+27 83 333 4444",
    ID_Number: "8001015009087",
    Mailing_Street: "7 Babelas Street",
    Owner: { id: seller, name: "Ownername", email: "owner@secret.example" },
    Modified_By: { id: seller, name: "Sellername", email: "seller@secret.example" },
    Created_By: { id: integrationUser, name: "Creatorname", email: "creator@secret.example" },
    Contact_Name: { id: "4876876000000000003", name: "Nomvula Contactname" },
    Account_Name: { id: "4876876000000000004", name: "Pieter Accountname" },
  };
  const secrets =
    /Babelas|Nomvula|Dlamini|secret\.example|111 2222|333 4444|8001015009087|Ownername|Sellername|Creatorname|Contactname|Accountname/;
  for (const module of ["Deals", "Contacts", "Quotes", "Invoices", "Leads"]) {
    for (const operation of ["create", "edit", "delete"]) {
      const record_id = module === "Deals" ? dealId : nextDealId();
      const record_data = { ...personal, Modified_Time: at(5), Stage: "Closed Won" };
      await deliver(stack, { module, operation, record_id, record_data });
    }
  }
  const dump = await dumpAll(stack);
  assert(dump.includes("4876876000000000003"), "the ids are there");
  assertEquals(dump.match(secrets)?.[0], undefined);
});

Deno.test("a lookup that is told by its name alone is not kept either", async () => {
  const { contract, dealId } = await link(stack);
  await deliver(
    stack,
    edited(dealId, { Contact_Name: "Zanele Byname", Account_Name: "Zanele Byname", Modified_Time: at(5) }),
  );
  assertEquals((await dumpAll(stack)).includes("Byname"), false);
  assertEquals(
    await queueRow(stack, contract),
    undefined,
    "a name is no id: nothing is known to have changed",
  );
});

Deno.test("a fault of the database while applying leaves the event failed and everything else as it was", async () => {
  const { contract, dealId } = await link(stack);
  const before = [await contractRow(stack, contract.id), await mappingOf(stack, contract)];
  await stack.sql`alter table public.contracts add constraint no_luck check (status <> 'active') not valid`;
  const { json } = await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(5) }));
  await stack.sql`alter table public.contracts drop constraint no_luck`;
  assertEquals(json.message, "failed");
  assertEquals(await statusesOf(stack, dealId), ["failed"]);
  assertEquals([await contractRow(stack, contract.id), await mappingOf(stack, contract)], before);
  assertMatch((await eventsOf(stack, dealId))[0]?.reason ?? "", /23514/);
});
