import { assert, assertEquals } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import {
  bothWays,
  channelToken,
  eventCount,
  eventsOf,
  heard,
  post,
  restartWebhook,
  statusesOf,
  type WebhookAnswer,
} from "../support/webhook.ts";
import { heldBy, letLeasesRunOut, queueRow, sweep } from "../support/queue.ts";
import { allInStep, inStep, mappingOf, nextDealId, statusOf } from "../support/linked.ts";
import { dumpAll } from "../support/rows.ts";
import { bookmark, zohoCallsSince } from "../support/zoho_calls.ts";
import { clusterUrl } from "../support/cluster.ts";
import type { Row, Values } from "../support/fixtures.ts";
import { until } from "../support/until.ts";

// The Notification API's callbacks: the token lets them in, and what they say is only a hint.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({
    clusterUrl,
    ...bothWays,
  });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(() => stack.zoho.clearFaults());

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

async function notify(ids: string[], values: Values = {}): Promise<WebhookAnswer> {
  const answered = await post(stack, callback(ids, values));
  assertEquals(answered.status, 200, answered.text);
  return answered;
}

Deno.test("the records of a notification are read, and their moves taken in", async () => {
  const { contract, dealId } = await inStep(stack);
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  const mark = await bookmark(stack);
  const { json } = await notify([dealId]);
  assertEquals(json.message, "recorded");
  assertEquals(await heard(stack, dealId), ["applied"]);
  assertEquals(await statusOf(stack, contract), "active");
  const [event] = await eventsOf(stack, dealId);
  assertEquals([event?.id, event?.source, event?.entity_id], [json.eventId, "notification", contract.id]);
  assertEquals(await zohoCallsSince(stack, mark), ["GET /Deals"]);
});

Deno.test("the values of a notification are not trusted", async () => {
  const { contract, dealId } = await inStep(stack);
  await notify([dealId], {
    affected_values: [{ record_id: dealId, values: { Stage: "Closed Won", KYC_Status: "Declined" } }],
    affected_fields: [{ [dealId]: ["Stage"] }],
    record_data: { Stage: "Closed Won" },
    record_id: dealId,
  });
  assertEquals(await heard(stack, dealId), ["nothing_new"]);
  assertEquals([await statusOf(stack, contract), await queueRow(stack, contract)], ["draft", undefined]);
});

Deno.test("a deletion counts only when the record is gone", async () => {
  const { contract, dealId } = await inStep(stack);
  await notify([dealId], { operation: "delete" });
  assertEquals(await heard(stack, dealId), ["nothing_new"]);
  assertEquals((await mappingOf(stack, contract)).state, "linked");

  await stack.zoho.delete("Deals", dealId);
  await notify([dealId], { operation: "delete" });
  assertEquals((await heard(stack, dealId)).at(-1), "gone");
  assertEquals((await mappingOf(stack, contract)).state, "deleted_in_zoho");
});

Deno.test("an update reported for a deleted record is a deletion", async () => {
  const { contract, dealId } = await inStep(stack);
  await stack.zoho.delete("Deals", dealId);
  await notify([dealId]);
  assertEquals(await heard(stack, dealId), ["gone"]);
  assertEquals((await mappingOf(stack, contract)).state, "deleted_in_zoho");
});

Deno.test("several records in one notification are a hint each, with their own outcomes", async () => {
  const deals = await allInStep(stack, [{}, {}, {}]);
  const [won = "", lost = "", same = ""] = deals.map(({ dealId }) => dealId);
  await stack.zoho.edit("Deals", won, { Stage: "Closed Won" });
  await stack.zoho.edit("Deals", lost, { Stage: "Closed Lost" });
  await notify([won, lost, same, won]);
  await heard(stack, won, lost, same);
  const outcomes = await Promise.all([won, lost, same].map((id) => statusesOf(stack, id)));
  assertEquals(outcomes, [["applied"], ["applied"], ["nothing_new"]]);
  const statuses = await Promise.all(deals.map(({ contract }) => statusOf(stack, contract)));
  assertEquals(statuses, ["active", "terminated", "draft"]);
});

Deno.test("two hundred and fifty records cost three calls", async () => {
  const deals = await allInStep(stack, Array.from({ length: 250 }, () => ({})));
  const last = deals.at(-1);
  const dealId = last?.dealId ?? "";
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  const mark = await bookmark(stack);
  const ids = deals.map((deal) => deal.dealId);
  await notify(ids);
  await heard(stack, ...ids);
  const calls = await zohoCallsSince(stack, mark);
  assertEquals(calls, ["GET /Deals", "GET /Deals", "GET /Deals"]);
  assertEquals(last && await statusOf(stack, last.contract), "active");
});

Deno.test("records without an owner cost nothing, are unmapped and warned of", async () => {
  const ids = Array.from({ length: 250 }, nextDealId);
  const mark = await bookmark(stack);
  const before = stack.functions.logs("zoho-webhook").length;
  const { json } = await notify(ids);
  assertEquals(json.message, "recorded: No contract of CircleTel owns this record");
  assertEquals(await heard(stack, ...ids), ["unmapped"]);
  assertEquals(await zohoCallsSince(stack, mark), []);
  const line = await until(
    () => stack.functions.logs("zoho-webhook").slice(before).find((each) => each.includes("unmapped")),
    { what: "a warning" },
  );
  assertEquals(JSON.parse(line).level, "warn");
});

Deno.test("the same notification twenty times at once costs a few looks", async () => {
  const { dealId } = await inStep(stack);
  const body = callback([dealId]);
  const mark = await bookmark(stack);
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(stack, body)));
  assertEquals(new Set(answers.map(({ status }) => status)), new Set([200]));
  assertEquals(new Set(await heard(stack, dealId)), new Set(["nothing_new"]));
  const calls = await zohoCallsSince(stack, mark);
  assert(calls.length < 20, calls.join());
});

Deno.test("a channel id may be a number or a text", async () => {
  const { dealId } = await inStep(stack);
  await notify([dealId], { channel_id: 4142001 });
  assertEquals(await heard(stack, dealId), ["nothing_new"]);
});

Deno.test("a wrong token of any kind is 401, is counted, causes no read and leaves no event", async () => {
  const dealId = nextDealId();
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
  assertEquals(await zohoCallsSince(stack, mark), []);
});

const malformed: [field: string, values: Values][] = [
  ["ids", { ids: [] }],
  ["ids", { ids: undefined }],
  ["ids", { ids: [4876876000000624001] }],
  ["ids", { ids: ["1,2"] }],
  ["ids", { ids: Array.from({ length: 1001 }, () => "1") }],
  ["module", { module: "Deals?fields=x" }],
  ["token", { token: 7 }],
  ["token", { token: "t".repeat(51) }],
];
for (const [field, values] of malformed) {
  Deno.test(`a notification of a wrong shape is 400 and names ${field}: ${JSON.stringify(values).slice(0, 40)}`, async () => {
    const answered = await post(stack, callback(["1"], values));
    assertEquals([answered.status, answered.json.error?.field], [400, field], answered.text);
  });
}

Deno.test("an unsynced module causes no read, even one named like an inherited property", async () => {
  const mark = await bookmark(stack);
  for (const module of ["Leads", "constructor", "__proto__", "toString"]) {
    const id = nextDealId();
    const { json } = await notify([id], { module });
    assertEquals(json.message, `recorded: CircleTel reads nothing of ${module}`);
    assertEquals(await statusesOf(stack, id), ["unmapped"], module);
  }
  assertEquals(await zohoCallsSince(stack, mark), []);
});

Deno.test("a hint waits while Deals do not answer, and causes a look once they do", async () => {
  const { contract, dealId } = await inStep(stack);
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  await stack.zoho.addFaults({ match: { method: "GET", module: "Deals" }, kind: "status", status: 503 });
  await notify([dealId]);
  await heldBy(stack, "Deals", "INTERNAL_ERROR");
  assertEquals(await statusesOf(stack, dealId), ["received"]);
  assertEquals([await statusOf(stack, contract), (await queueRow(stack, contract))?.look], ["draft", true]);

  await stack.zoho.clearFaults();
  await stack.sql`select public.zoho_resume()`;
  assertEquals(await heard(stack, dealId), ["applied"]);
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("a hint whose drain was killed causes a look at the next sweep", async () => {
  const { contract, dealId } = await inStep(stack);
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  await stack.zoho.addFaults({ match: { method: "GET", module: "Deals" }, kind: "hang", times: 1 });
  await notify([dealId]);
  await until(async () => (await stack.zoho.faults())[0]?.hits === 1, { what: "the look" });
  await stack.functions.restart("zoho-webhook");
  assertEquals(await statusesOf(stack, dealId), ["received"]);
  await letLeasesRunOut(stack);
  await sweep(stack);
  assertEquals(await heard(stack, dealId), ["applied"]);
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("a notification is stored without its token", async () => {
  const { dealId } = await inStep(stack);
  await notify([dealId]);
  await heard(stack, dealId);
  assertEquals((await dumpAll(stack)).includes(channelToken), false);
});

Deno.test("every notification is refused without a configured token", async () => {
  await restartWebhook(stack, { ZOHO_NOTIFICATION_TOKEN: undefined });
  for (const token of [channelToken, "", "null", "undefined"]) {
    assertEquals((await post(stack, callback(["1"], { token }))).status, 401, token);
  }
  await restartWebhook(stack, { ZOHO_NOTIFICATION_TOKEN: channelToken });
});
