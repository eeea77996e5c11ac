import { assertEquals, assertMatch } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import {
  at,
  channelToken,
  deliver,
  edited,
  eventsOf,
  post,
  statusesOf,
  webhookEnv,
} from "../support/webhook.ts";
import { dumpAll } from "../support/rows.ts";
import { contractRow, link, mappingOf, statusOf } from "../support/linked.ts";
import { clusterUrl } from "../support/cluster.ts";
import type { Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { signUp } from "./inward_people.ts";

// What an operator may do with events that are there already: through the same gates, and written down.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({
    clusterUrl,
    cron: false,
    functions: ["zoho-webhook", "zoho-admin"],
    functionEnv: webhookEnv,
  });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(() => stack.zoho.clearFaults());

interface Answer {
  success: boolean;
  dryRun?: boolean;
  replayed?: number;
  complete?: boolean;
  results?: {
    eventId: string;
    was: string;
    status: string;
    reason: string | null;
    contractId: string | null;
  }[];
  error?: { code: string; message: string; field?: string };
}

async function replay(
  body: unknown,
  headers?: Record<string, string>,
): Promise<{ status: number; body: Answer }> {
  const { status, body: answer } = await stack.invoke("zoho-admin/replay", body, headers);
  return { status, body: answer as Answer };
}

async function lastAction(): Promise<Row | undefined> {
  const [row] = await stack.sql<Row[]>`select * from public.zoho_admin_actions order by id desc limit 1`;
  return row;
}

/** An event that failed for a reason that has passed since: the contract is a draft, its Deal was won. */
async function failedEvent(second = 5) {
  const linked = await link(stack);
  await stack.sql`alter table public.contracts add constraint no_luck check (status <> 'active') not valid`;
  await deliver(stack, edited(linked.dealId, { Stage: "Closed Won", Modified_Time: at(second) }));
  await stack.sql`alter table public.contracts drop constraint no_luck`;
  const [event] = await eventsOf(stack, linked.dealId);
  if (event?.status !== "failed") throw new Error(`the event is ${event?.status}`);
  return { ...linked, event };
}

Deno.test("one event is replayed, and what it did is answered and written down", async () => {
  const { contract, dealId, event } = await failedEvent();
  const { status, body } = await replay({ eventId: event.id });
  assertEquals([status, body], [200, {
    success: true,
    dryRun: false,
    replayed: 1,
    complete: true,
    results: [{
      eventId: event.id,
      was: "failed",
      status: "applied",
      reason: "draft → active",
      contractId: contract.id,
    }],
  }]);
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals((await eventsOf(stack, dealId)).map(({ status, attempts }) => [status, attempts]), [[
    "applied",
    2,
  ]]);
  const action = await lastAction();
  assertEquals([action?.actor, action?.action], ["secret key", "replay"]);
  assertEquals((action?.details as Record<string, unknown>).eventId, event.id);
});

Deno.test("a dry run says what would happen and keeps nothing", async () => {
  const { contract, event } = await failedEvent();
  const before = [await dumpAll(stack, ["zoho_admin_actions"]), await contractRow(stack, contract.id)];
  const { body } = await replay({ eventId: event.id, dryRun: true });
  assertEquals([body.dryRun, body.results?.[0]?.status, body.results?.[0]?.reason], [
    true,
    "applied",
    "draft → active",
  ]);
  assertEquals([await dumpAll(stack, ["zoho_admin_actions"]), await contractRow(stack, contract.id)], before);
  assertEquals((await lastAction())?.action, "replay (dry run)");
});

Deno.test("a dry run of drift puts nothing in the queue and rings nobody", async () => {
  const { contract, dealId } = await link(stack);
  await stack
    .sql`alter table public.zoho_sync_logs add constraint no_logs check (cause <> 'zoho: update') not valid`;
  await deliver(stack, edited(dealId, { KYC_Status: "Declined", Modified_Time: at(5) }));
  await stack.sql`alter table public.zoho_sync_logs drop constraint no_logs`;
  const [event] = await eventsOf(stack, dealId);
  const before = await dumpAll(stack, ["zoho_admin_actions"]);
  const { body } = await replay({ eventId: event?.id, dryRun: true });
  assertEquals(body.results?.[0]?.status, "applied");
  assertEquals(await dumpAll(stack, ["zoho_admin_actions"]), before);
  assertEquals(await statusOf(stack, contract), "draft");
});

Deno.test("a replay goes through the same gates: what is stale stays stale", async () => {
  const { contract, dealId } = await link(stack);
  await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(9) }));
  await deliver(stack, edited(dealId, { Stage: "Closed Lost", Modified_Time: at(8) }));
  const events = await eventsOf(stack, dealId);
  for (const { id } of [...events].reverse()) await replay({ eventId: id });
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals(await statusesOf(stack, dealId), ["applied", "stale"]);
});

Deno.test("a replay of what was overtaken by CircleTel's own write changes nothing", async () => {
  const { contract, dealId } = await link(stack);
  await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(5) }));
  await stack.sql`update public.contracts set status = 'terminated' where id = ${contract.id}`;
  await stack.sql`
    update public.zoho_entity_mappings set snapshot = snapshot || '{"Stage":"Closed Lost"}', stage_modified_at = ${
    at(9)
  }, zoho_modified_at = ${at(9)} where zoho_id = ${dealId}
  `;
  const [event] = await eventsOf(stack, dealId);
  const { body } = await replay({ eventId: event?.id });
  assertEquals([body.results?.[0]?.was, body.results?.[0]?.status], ["applied", "stale"]);
  assertEquals(await statusOf(stack, contract), "terminated");
});

Deno.test("a replay that is repeated has the same result", async () => {
  const { contract, event } = await failedEvent();
  await replay({ eventId: event.id });
  const look = async () => {
    const { last_synced_at: _, ...row } = await contractRow(stack, contract.id);
    return [row, (await mappingOf(stack, contract)).snapshot];
  };
  const before = await look();
  for (let repeat = 0; repeat < 3; repeat++) assertEquals((await replay({ eventId: event.id })).status, 200);
  assertEquals(await look(), before);
});

Deno.test("a range is replayed by time and status, oldest first", async () => {
  const failed = [await failedEvent(), await failedEvent(), await failedEvent()];
  const other = await link(stack);
  await deliver(stack, edited(other.dealId, { Stage: "Qualification", Modified_Time: at(5) }));
  // The first is moved out of the range.
  await stack.sql`
    update public.zoho_webhook_events set received_at = '2026-01-01T10:00:00Z' where id = ${
    failed[0]?.event.id ?? null
  }
  `;
  await stack.sql`
    update public.zoho_webhook_events set received_at = '2026-02-01T10:00:00Z'
    where id = any (${[
    failed[1]?.event.id ?? "",
    failed[2]?.event.id ?? "",
  ]}) or record_ids @> array[${other.dealId}]
  `;
  const range = { from: "2026-02-01T12:00:00+02:00", to: "2026-02-01T10:00:01Z" };
  const { body } = await replay({ ...range, status: "failed" });
  assertEquals(body.results?.map(({ eventId, status }) => [eventId, status]), [
    [failed[1]?.event.id ?? "", "applied"],
    [failed[2]?.event.id ?? "", "applied"],
  ]);
  assertEquals(failed[0] && await statusOf(stack, failed[0].contract), "draft");
  assertEquals(
    (await replay({ ...range, to: "2026-02-01T10:00:00Z" })).body.replayed,
    0,
    "the end is not in it",
  );
  assertEquals((await replay(range)).body.replayed, 3);
});

Deno.test("a long range is replayed to its end", async () => {
  const { dealId } = await link(stack);
  await stack.sql`
    insert into public.zoho_webhook_events (source, module, operation, record_ids, digest, dedupe_key, body, received_at, status)
    select 'signed', 'Deals', 'update', array[${dealId}], repeat('0', 64), 'long range ' || n,
      jsonb_build_object('records', jsonb_build_array(jsonb_build_object('id', ${dealId}::text))), '2026-03-01', 'ignored'
    from generate_series(1, 450) n
  `;
  const { body } = await replay({ from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z" });
  assertEquals([body.replayed, body.complete], [450, true]);
});

const event = crypto.randomUUID();
const [from, to] = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"];
const malformed: [field: string, body: unknown][] = [
  ["eventId", { eventId: "all" }],
  ["eventId", { eventId: 7 }],
  ["eventId", { eventId: null }],
  ["dryRun", { eventId: event, dryRun: "yes" }],
  ["dryRun", { from, to, dryRun: 1 }],
  ["from", { to }],
  ["to", { from }],
  ["from", { from: "yesterday", to }],
  ["from", { from: "2026-01-01", to }],
  ["to", { from, to: "2026-01-02T00:00:00" }],
  ["status", { from, to, status: "done" }],
  ["body", "{"],
];
for (const [field, body] of malformed) {
  Deno.test(`a request of a wrong form is 400 and names ${field}: ${JSON.stringify(body)}`, async () => {
    const before = await lastAction();
    const answer = await replay(body);
    assertEquals([answer.status, answer.body.error?.field], [400, field], JSON.stringify(answer.body));
    assertEquals(await lastAction(), before, "nothing was asked for");
  });
}

Deno.test("a request with a key that nobody knows is 400", async () => {
  for (const body of [{}, [], null, { eventId: event, force: true }, { from, to, module: "Deals" }]) {
    assertEquals((await replay(body)).status, 400, JSON.stringify(body));
  }
});

Deno.test("an unknown event is 404", async () => {
  const { status, body } = await replay({ eventId: crypto.randomUUID() });
  assertEquals([status, body.error?.code], [404, "NOT_FOUND"]);
});

Deno.test("an admin replays under their own id; nobody else may", async () => {
  const { event } = await failedEvent();
  const admin = await signUp(stack, { is_active: true });
  assertEquals((await replay({ eventId: event.id }, admin.headers)).status, 200);
  assertEquals((await lastAction())?.actor, admin.id);

  const before = await lastAction();
  const refused: [number, Record<string, string>][] = [
    [401, { apikey: "" }],
    [401, { apikey: stack.publishableKey }],
    [403, (await signUp(stack)).headers],
    [403, (await signUp(stack, { is_active: false })).headers],
  ];
  for (const [status, headers] of refused) {
    for (const action of ["replay", "sweep", "watch"]) {
      const answer = await stack.invoke(`zoho-admin/${action}`, { eventId: event.id }, headers);
      assertEquals(answer.status, status, action);
    }
  }
  assertEquals(await lastAction(), before);
});

Deno.test("an action that there is not is 404 and names those that there are", async () => {
  for (
    const path of [
      "zoho-admin",
      "zoho-admin/",
      "zoho-admin/explode",
      "zoho-admin/replay/all",
      "zoho-admin/constructor",
    ]
  ) {
    const { status, body } = await stack.invoke(path);
    assertEquals(status, 404, path);
    assertMatch(JSON.stringify(body), /POST \/replay/);
  }
});

Deno.test("a replay whose record cannot be looked up says so and replays the rest", async () => {
  const id = await stack.zoho.create("Deals", { Deal_Name: "Unreachable", Stage: "Qualification" });
  await stack.zoho.addFaults({ match: { method: "GET", module: "Deals" }, kind: "status", status: 503 });
  const body = {
    channel_id: "1",
    token: channelToken,
    module: "Deals",
    operation: "update",
    ids: [id],
    server_time: 1,
  };
  assertEquals((await post(stack, JSON.stringify(body))).status, 200);
  const { event, contract } = await failedEvent();
  const [open] = await eventsOf(stack, id);
  await stack.sql`
    update public.zoho_webhook_events set received_at = '2026-04-01T10:00:00Z' where id = any (${[
    event.id,
    open?.id ?? "",
  ]})
  `;
  const answer = await replay({ from: "2026-04-01T00:00:00Z", to: "2026-04-02T00:00:00Z" });
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
  assertEquals(answer.body.results?.length, 2);
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals(await statusesOf(stack, id), ["received"]);
});

Deno.test("the sweep picks up what was left open for a minute, and the schedule rings it", async () => {
  const { contract, dealId, event } = await failedEvent();
  const isApplied = async () => (await statusesOf(stack, dealId))[0] === "applied";
  await stack.cron.runJobNow("zoho-webhook-sweep");
  assertEquals(await isApplied(), false, "younger than a minute");
  await stack.sql`
    update public.zoho_webhook_events set received_at = now() - interval '61 seconds' where id = ${event.id}
  `;
  await stack.cron.runJobNow("zoho-webhook-sweep");
  await until(isApplied, { what: "the event applied" });
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("an event that failed eight times is left to a person", async () => {
  const { dealId, event } = await failedEvent();
  await stack.sql`
    update public.zoho_webhook_events set received_at = now() - interval '2 minutes', attempts = 8 where id = ${event.id}
  `;
  const later = await failedEvent();
  await stack.sql`
    update public.zoho_webhook_events set received_at = now() - interval '2 minutes' where id = ${later.event.id}
  `;
  await stack.invoke("zoho-admin/sweep");
  await until(async () => (await statusesOf(stack, later.dealId))[0] === "applied", { what: "the other" });
  assertEquals(await statusesOf(stack, dealId), ["failed"]);
});
