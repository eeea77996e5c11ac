import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import {
  type Answered,
  channelToken,
  eventCount,
  eventsOf,
  inwardLogs,
  post,
  statusesOf,
  webhookEnv,
} from "../support/webhook.ts";
import { queueRow } from "../support/queue.ts";
import { link, type Linked, mappingOf, nextDealId, statusOf } from "../support/linked.ts";
import { bookmark, callsSince } from "../support/zoho_calls.ts";
import { clusterUrl } from "../support/cluster.ts";
import type { Row, Values } from "../support/fixtures.ts";
import { until } from "../support/until.ts";

// The Notification API's callbacks: the token lets them in, and what they say is only a hint.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({
    clusterUrl,
    cron: false,
    net: false,
    functions: ["zoho-webhook", "zoho-admin"],
    functionEnv: webhookEnv,
  });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(() => stack.zoho.clearFaults());

/** A contract whose Deal stands in the simulator as the mapping says. */
async function linkInZoho(values: Parameters<typeof link>[1] = {}): Promise<Linked> {
  const linked = await link(stack, values);
  const id = await stack.zoho.create("Deals", linked.snapshot as Record<string, string>);
  await stack.sql`update public.zoho_entity_mappings set zoho_id = ${id} where zoho_id = ${linked.dealId}`;
  return { ...linked, dealId: id };
}

let serverTime = 1_718_115_953_625;

const callback = (ids: string[], values: Values = {}): string =>
  JSON.stringify({
    server_time: ++serverTime,
    affected_values: [],
    query_params: {},
    module: "Deals",
    resource_uri: `${stack.zohoUrl}/crm/v2/Deals`,
    ids,
    affected_fields: [],
    operation: "update",
    channel_id: "4142001",
    token: channelToken,
    ...values,
  });

async function notify(ids: string[], values: Values = {}): Promise<Answered> {
  const answered = await post(stack, callback(ids, values));
  assertEquals(answered.status, 200, answered.text);
  return answered;
}

/** Waits until the last event of a record is applied in some way. */
async function settledEvent(id: string): Promise<string> {
  const status = await until(async () => {
    const last = (await statusesOf(stack, id)).at(-1);
    return last !== "received" && last;
  }, { what: "the event applied" });
  return String(status);
}

/** As if the events had been left open for two minutes. */
const letAMinutePass = () =>
  stack
    .sql`update public.zoho_webhook_events set received_at = received_at - interval '2 minutes' where status = 'received'`;

Deno.test("the records that a notification points to are looked up and applied", async () => {
  const { contract, dealId } = await linkInZoho();
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  const mark = await bookmark(stack);
  const { json } = await notify([dealId]);
  assertEquals(json.message, "received");
  assertEquals(await settledEvent(dealId), "applied");
  assertEquals(await statusOf(stack, contract), "active");
  const [event] = await eventsOf(stack, dealId);
  assertEquals([event?.id, event?.source, event?.contract_id], [json.eventId, "notification", contract.id]);
  assertEquals(await callsSince(stack, mark), ["GET /Deals"]);
});

Deno.test("what a notification says of the values is not believed", async () => {
  const { contract, dealId } = await linkInZoho();
  await notify([dealId], {
    affected_values: [{ record_id: dealId, values: { Stage: "Closed Won", KYC_Status: "Declined" } }],
    affected_fields: [{ [dealId]: ["Stage"] }],
    record_data: { Stage: "Closed Won" },
    record_id: dealId,
  });
  assertEquals(await settledEvent(dealId), "ignored");
  assertEquals([await statusOf(stack, contract), await queueRow(stack, contract)], ["draft", undefined]);
});

Deno.test("a deletion is believed only when the record is gone", async () => {
  const { contract, dealId } = await linkInZoho();
  await notify([dealId], { operation: "delete" });
  assertEquals(await settledEvent(dealId), "ignored");
  assertEquals((await mappingOf(stack, contract)).state, "linked");

  await stack.zoho.delete("Deals", dealId);
  await notify([dealId], { operation: "delete" });
  assertEquals(await settledEvent(dealId), "applied");
  assertEquals((await mappingOf(stack, contract)).state, "deleted_in_zoho");
  assertEquals(await statusOf(stack, contract), "draft");
  assertEquals((await inwardLogs(stack, contract)).map(({ cause }) => cause), ["zoho: delete"]);
});

Deno.test("a record that is gone was deleted, whatever the notification called it", async () => {
  const { contract, dealId } = await linkInZoho();
  await stack.zoho.delete("Deals", dealId);
  await notify([dealId]);
  assertEquals(await settledEvent(dealId), "applied");
  assertEquals((await mappingOf(stack, contract)).state, "deleted_in_zoho");
});

Deno.test("several records in one notification are one event, and each is applied", async () => {
  const deals = [await linkInZoho(), await linkInZoho(), await linkInZoho()];
  const [won, lost, same] = deals.map(({ dealId }) => dealId);
  await stack.zoho.edit("Deals", won ?? "", { Stage: "Closed Won" });
  await stack.zoho.edit("Deals", lost ?? "", { Stage: "Closed Lost" });
  await notify(deals.map(({ dealId }) => dealId));
  assertEquals(await settledEvent(won ?? ""), "applied");
  assertEquals(await Promise.all(deals.map(({ contract }) => statusOf(stack, contract))), [
    "active",
    "terminated",
    "draft",
  ]);
  assertEquals((await eventsOf(stack, same ?? "")).length, 1);
});

Deno.test("two hundred and fifty ids cost three calls", async () => {
  const { contract, dealId } = await linkInZoho();
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  const ids = [...Array.from({ length: 249 }, nextDealId), dealId];
  const mark = await bookmark(stack);
  await notify(ids);
  await settledEvent(dealId);
  assertEquals(await callsSince(stack, mark), ["GET /Deals", "GET /Deals", "GET /Deals"]);
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("a notification of a record that nobody owns is unmapped, and warned of", async () => {
  const id = await stack.zoho.create("Deals", { Deal_Name: "Somebody's", Stage: "Qualification" });
  const before = stack.functions.logs("zoho-webhook").length;
  await notify([id]);
  assertEquals(await settledEvent(id), "unmapped");
  const line = await until(
    () => stack.functions.logs("zoho-webhook").slice(before).find((each) => each.includes("unmapped")),
    { what: "a warning" },
  );
  assertEquals(JSON.parse(line).level, "warn");
});

Deno.test("the same notification twice is one event, and costs one look", async () => {
  const { dealId } = await linkInZoho();
  const body = callback([dealId]);
  const mark = await bookmark(stack);
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(stack, body)));
  assertEquals(new Set(answers.map(({ status }) => status)), new Set([200]));
  await settledEvent(dealId);
  assertEquals((await eventsOf(stack, dealId)).length, 1);
  assertEquals(await callsSince(stack, mark), ["GET /Deals"]);
});

Deno.test("a channel id may be a number or a text", async () => {
  const { dealId } = await linkInZoho();
  await notify([dealId], { channel_id: 4142001 });
  assertEquals(await settledEvent(dealId), "ignored");
});

Deno.test("a wrong token of any kind is 401, counted, looks up nothing and leaves no event", async () => {
  const { dealId } = await linkInZoho();
  const mark = await bookmark(stack);
  const events = await eventCount(stack);
  const tokens = [
    "",
    "x",
    channelToken.slice(1),
    channelToken.toUpperCase(),
    `${channelToken} `,
    channelToken + channelToken.slice(0, 10),
  ];
  for (const token of tokens) {
    const answered = await post(stack, callback([dealId], { token }));
    assertEquals([answered.status, answered.json.error?.code], [401, "NOT_VERIFIED"], token);
    assert(!answered.text.includes(channelToken));
  }
  const counted = async () => {
    const [row] = await stack.sql<Row[]>`
      select sum(count)::int as count from public.zoho_webhook_refusals where reason = 'wrong_token'
    `;
    return row?.count === tokens.length;
  };
  await until(counted, { what: "the count" });
  assertEquals(await eventCount(stack), events);
  assertEquals(await callsSince(stack, mark), []);
});

const malformed: [field: string, values: Values][] = [
  ["ids", { ids: [] }],
  ["ids", { ids: undefined }],
  ["ids.0", { ids: [4876876000000624001] }],
  ["ids.0", { ids: ["1,2"] }],
  ["ids", { ids: Array.from({ length: 1001 }, () => "1") }],
  ["module", { module: "Deals?fields=x" }],
  ["operation", { operation: "explode" }],
  ["token", { token: 7 }],
  ["token", { token: "t".repeat(51) }],
  ["server_time", { server_time: "now" }],
];
for (const [field, values] of malformed) {
  Deno.test(`a notification of a wrong shape is 400 and names ${field}: ${JSON.stringify(values).slice(0, 40)}`, async () => {
    const answered = await post(stack, callback(["1"], values));
    assertEquals([answered.status, answered.json.error?.field], [400, field], answered.text);
  });
}

Deno.test("of a module that we do not read nothing is looked up, even of one named like a part of every object", async () => {
  const mark = await bookmark(stack);
  for (const module of ["Leads", "constructor", "__proto__", "toString"]) {
    const id = nextDealId();
    await notify([id], { module });
    assertEquals(await settledEvent(id), "ignored", module);
  }
  assertEquals(await callsSince(stack, mark), []);
});

Deno.test("while Zoho is down the event stays open, and the sweep applies it later", async () => {
  const { contract, dealId } = await linkInZoho();
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  await stack.zoho.addFaults({ match: { method: "GET", module: "Deals" }, kind: "status", status: 503 });
  const before = stack.functions.logs("zoho-webhook").length;
  const { json } = await notify([dealId]);
  const line = await until(
    () => stack.functions.logs("zoho-webhook").slice(before).find((each) => each.includes("sweep")),
    { what: "the log line" },
  );
  assertEquals(JSON.parse(line).event_id, json.eventId);
  assertEquals(await statusesOf(stack, dealId), ["received"]);
  assertEquals(await statusOf(stack, contract), "draft");

  await stack.zoho.clearFaults();
  await stack.invoke("zoho-admin/sweep");
  assertEquals(await statusesOf(stack, dealId), ["received"], "younger than a minute");
  await letAMinutePass();
  const { status } = await stack.invoke("zoho-admin/sweep");
  assertEquals(status, 202);
  assertEquals(await settledEvent(dealId), "applied");
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("an event whose record cannot be looked up does not hold up the others of a sweep", async () => {
  const first = await linkInZoho();
  const second = await linkInZoho();
  await stack.zoho.edit("Deals", second.dealId, { Stage: "Closed Won" });
  await stack.zoho.addFaults({
    match: { method: "GET", module: "Deals" },
    kind: "status",
    status: 400,
    times: 3,
  });
  await notify([first.dealId]);
  await notify([second.dealId]);
  await until(async () => {
    const hits = (await stack.zoho.faults()).reduce((sum, { hits }) => sum + hits, 0);
    return hits >= 2;
  }, { what: "both look-ups refused" });
  assertEquals(await statusesOf(stack, second.dealId), ["received"]);
  await letAMinutePass();
  await stack.invoke("zoho-admin/sweep");
  assertEquals(await settledEvent(second.dealId), "applied");
  assertEquals(await statusesOf(stack, first.dealId), ["received"]);
  assertEquals(await statusOf(stack, second.contract), "active");
});

Deno.test("a notification is kept without its token", async () => {
  const { dealId } = await linkInZoho();
  await notify([dealId]);
  await settledEvent(dealId);
  const [event] = await eventsOf(stack, dealId);
  assertMatch(JSON.stringify(event?.body), /"records"/);
  const rows = await stack.sql<
    { row: string }[]
  >`select to_jsonb(e)::text as row from public.zoho_webhook_events e`;
  assertEquals(rows.some(({ row }) => row.includes(channelToken)), false);
});

Deno.test("without a configured token every notification is refused", async () => {
  await stack.functions.restart("zoho-webhook", { ZOHO_NOTIFICATION_TOKEN: undefined });
  for (const token of [channelToken, "", "null", "undefined"]) {
    assertEquals((await post(stack, callback(["1"], { token }))).status, 401, token);
  }
  await stack.functions.restart("zoho-webhook", { ZOHO_NOTIFICATION_TOKEN: channelToken });
});
