import { assertEquals, assertMatch } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import {
  bothWaysWithAdmin,
  deliver,
  edited,
  type EventRow,
  eventsOf,
  heard,
  statusesOf,
  tell,
} from "../support/webhook.ts";
import { settled } from "../support/queue.ts";
import { dumpAll } from "../support/rows.ts";
import { dealOf, sell } from "../support/sale.ts";
import {
  contractRow,
  type InStep,
  inStep,
  mappingOf,
  nextDealId,
  openQuestionsOf,
  statusOf,
} from "../support/linked.ts";
import { bookmark, silence, writesOf, zohoCallsSince } from "../support/zoho_calls.ts";
import { clusterUrl } from "../support/cluster.ts";
import type { Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { signUp } from "./inward_people.ts";

// What an operator may do with hints that are there already: their records are looked at again, and it is written down.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, ...bothWaysWithAdmin });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(() => stack.zoho.clearFaults());

interface Answer {
  success: boolean;
  dryRun?: boolean;
  replayed?: number;
  marked?: number;
  complete?: boolean;
  results?: {
    entityType: string;
    entityId: string;
    outcome: string;
    reason: string | null;
    takeIn: string | null;
    questions: string[];
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

/** A closed hint, and an unreported move since: the contract is a draft, its Deal was won. */
async function untold(): Promise<InStep & { event: EventRow }> {
  const linked = await inStep(stack);
  await tell(stack, edited(linked.dealId, { Next_Step: "Call" }));
  await stack.zoho.edit("Deals", linked.dealId, { Stage: "Closed Won" });
  const [event] = await eventsOf(stack, linked.dealId);
  if (event?.status !== "nothing_new") throw new Error(`the hint is ${event?.status}`);
  return { ...linked, event };
}

/** As if these hints had come at another time. */
async function receivedAt(moment: string, events: EventRow[]): Promise<void> {
  const ids = events.map(({ id }) => id);
  await stack
    .sql`update public.zoho_webhook_events set received_at = ${moment} where id = any (${ids}::uuid[])`;
}

Deno.test("one hint is replayed: its record gets another look, and the act is audited", async () => {
  const { contract, dealId, event } = await untold();
  const { status, body } = await replay({ eventId: event.id });
  assertEquals([status, body], [200, {
    success: true,
    dryRun: false,
    replayed: 1,
    marked: 1,
    complete: true,
    results: [],
  }]);
  assertEquals(await heard(stack, dealId), ["applied"]);
  assertEquals(await statusOf(stack, contract), "active");
  const action = await lastAction();
  assertEquals([action?.actor, action?.action], ["secret key", "replay"]);
  assertEquals((action?.details as Record<string, unknown>).eventId, event.id);
});

Deno.test("a dry run reads the record, says what would happen and keeps nothing", async () => {
  const { contract, dealId, event } = await untold();
  const mark = await bookmark(stack);
  const all = async () => [
    await dumpAll(stack, ["zoho_admin_actions", "zoho_sync_state"]),
    await contractRow(stack, contract.id),
  ];
  const before = await all();
  const { body } = await replay({ eventId: event.id, dryRun: true });
  assertEquals([body.dryRun, body.replayed, body.marked, body.results], [true, 1, 0, [{
    entityType: "contract",
    entityId: contract.id,
    outcome: "applied",
    reason: "draft → active",
    takeIn: "active",
    questions: [],
  }]]);
  assertEquals(await all(), before);
  assertEquals((await lastAction())?.action, "replay (dry run)");
  assertEquals(await zohoCallsSince(stack, mark), ["GET /Deals"]);
  assertEquals(await writesOf(stack, dealId, mark), []);
});

Deno.test("a dry run without a valid token is answered with the fault's code and what to do", async () => {
  const { event } = await untold();
  await stack.zoho.tokens("revoke_refresh");
  try {
    const { status, body } = await replay({ eventId: event.id, dryRun: true });
    assertEquals(
      [status, body.success, body.error?.code],
      [502, false, "TOKEN_REFUSED"],
      JSON.stringify(body),
    );
  } finally {
    await stack.zoho.tokens("restore_refresh");
    await stack.sql`select public.zoho_resume()`;
  }
  // With a token for the next test, whose dry run must store nothing.
  const again = async () => (await replay({ eventId: event.id, dryRun: true })).status === 200;
  await until(again, { what: "a dry run with a token" });
});

Deno.test("an event that is not there is 404, and eventId is named", async () => {
  const { status, body } = await replay({ eventId: crypto.randomUUID() });
  assertEquals([status, body.error?.code, body.error?.field], [404, "NOT_FOUND", "eventId"]);
});

Deno.test("a dry run of an edited value, of a move with a question and of a deletion writes nothing", async () => {
  const cases: { status: string; edit: Record<string, string> | null; outcome: string; asked: string[] }[] = [
    { status: "draft", edit: { KYC_Status: "Declined" }, outcome: "put_back", asked: [] },
    { status: "active", edit: { Stage: "Proposal/Price Quote" }, outcome: "question", asked: ["unsigned"] },
    { status: "draft", edit: null, outcome: "gone", asked: ["record_gone"] },
  ];
  for (const { status, edit, outcome, asked } of cases) {
    const { contract, dealId } = await inStep(stack, { contract: { status } });
    await tell(stack, edited(dealId, { Next_Step: "Call" }));
    if (edit === null) await stack.zoho.delete("Deals", dealId);
    else await stack.zoho.edit("Deals", dealId, edit);
    const [event] = await eventsOf(stack, dealId);
    const mark = await bookmark(stack);
    const before = await dumpAll(stack, ["zoho_admin_actions", "zoho_sync_state"]);
    const { body } = await replay({ eventId: event?.id, dryRun: true });
    const [result] = body.results ?? [];
    assertEquals([result?.outcome, result?.takeIn, result?.questions], [outcome, null, asked]);
    assertEquals(await dumpAll(stack, ["zoho_admin_actions", "zoho_sync_state"]), before);
    assertEquals(await writesOf(stack, dealId, mark), []);
    assertEquals(await statusOf(stack, contract), status);
  }
});

Deno.test("a replay acts on what Zoho holds now, not on what the hint said", async () => {
  const { contract, dealId } = await inStep(stack);
  for (const Stage of ["Closed Lost", "Closed Won"]) {
    await stack.zoho.edit("Deals", dealId, { Stage });
    await tell(stack, edited(dealId, { Stage }));
  }
  for (const { id } of (await eventsOf(stack, dealId)).toReversed()) await replay({ eventId: id });
  assertEquals(await heard(stack, dealId), ["nothing_new", "nothing_new"]);
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("a replay of what CircleTel has overtaken changes nothing", async () => {
  const { contract, dealId } = await inStep(stack);
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  await tell(stack, edited(dealId, { Stage: "Closed Won" }));
  await stack.zoho.advanceClock(2_000);
  await stack.sql`update public.contracts set status = 'terminated' where id = ${contract.id}`;
  await settled(stack, contract);
  const [event] = await eventsOf(stack, dealId);
  await replay({ eventId: event?.id });
  assertEquals(await heard(stack, dealId), ["nothing_new"]);
  assertEquals([await statusOf(stack, contract), (await dealOf(stack, contract)).Stage], [
    "terminated",
    "Closed Lost",
  ]);
});

Deno.test("a replay of an old deletion does not delete a Deal that was restored, and the next change is sent (M6)", async () => {
  const { contract, dealId } = await inStep(stack);
  await stack.zoho.delete("Deals", dealId);
  assertEquals(await tell(stack, edited(dealId, {}, "delete")), ["gone"]);
  await stack.zoho.restore("Deals", dealId);
  await tell(stack, edited(dealId, { Next_Step: "Call" }));
  assertEquals((await mappingOf(stack, contract)).state, "linked");

  const [deletion] = await eventsOf(stack, dealId);
  await replay({ eventId: deletion?.id });
  assertEquals((await heard(stack, dealId))[0], "nothing_new");
  assertEquals((await mappingOf(stack, contract)).state, "linked");
  assertEquals((await openQuestionsOf(stack, contract)).map(({ closed_because }) => closed_because), [
    "over",
  ]);
  await stack.sql`update public.contracts set total_contract_value = 500 where id = ${contract.id}`;
  await settled(stack, contract);
  assertEquals((await dealOf(stack, contract)).Amount, 500);
});

Deno.test("a replay that is repeated has the same result", async () => {
  const { contract, dealId, event } = await untold();
  const mark = await bookmark(stack);
  for (let repeat = 0; repeat < 3; repeat++) {
    assertEquals((await replay({ eventId: event.id })).status, 200);
    await heard(stack, dealId);
  }
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals((await mappingOf(stack, contract)).agreed_status, "active");
  assertEquals(await writesOf(stack, dealId, mark), []);
});

Deno.test("a replay after the mapping was made finds the owner of a hint that had none", async () => {
  const id = await stack.zoho.create("Deals", { Deal_Name: "Sold by hand", Stage: "Qualification" });
  await deliver(stack, edited(id, { Stage: "Closed Won" }));
  const [event] = await eventsOf(stack, id);
  assertEquals([event?.status, (await replay({ eventId: event?.id })).body.marked], ["unmapped", 0]);
  // A contract that takes the Deal over, as the original service linked them.
  const { contract } = await sell(stack, { contract: { zoho_deal_id: id } });
  await settled(stack, contract);
  assertEquals(await statusOf(stack, contract), "draft");
  await heard(stack, id);
  assertEquals((await replay({ eventId: event?.id })).body.marked, 1);
  assertEquals(await heard(stack, id), ["nothing_new"]);
  assertEquals((await eventsOf(stack, id))[0]?.entity_id, contract.id);
});

Deno.test("a range is replayed by time and status, without its end", async () => {
  const all = [await untold(), await untold(), await untold()];
  const unmapped = nextDealId();
  await tell(stack, edited(unmapped, { Stage: "Closed Won" }));
  const [first, second, third] = all.map(({ event }) => event);
  if (!first || !second || !third) throw new Error("a hint is missing");
  await receivedAt("2026-01-01T10:00:00Z", [first]);
  await receivedAt("2026-02-01T10:00:00Z", [second, third, ...await eventsOf(stack, unmapped)]);
  const range = { from: "2026-02-01T12:00:00+02:00", to: "2026-02-01T10:00:01Z" };

  const count = async (asked: unknown) => {
    const { replayed, marked } = (await replay(asked)).body;
    return { replayed, marked };
  };
  assertEquals(await count({ ...range, to: "2026-02-01T10:00:00Z" }), { replayed: 0, marked: 0 });
  assertEquals(await count({ ...range, status: "nothing_new" }), { replayed: 2, marked: 2 });
  await heard(stack, ...all.map(({ dealId }) => dealId));
  assertEquals(await Promise.all(all.map(({ contract }) => statusOf(stack, contract))), [
    "draft",
    "active",
    "active",
  ]);
  assertEquals(await count(range), { replayed: 3, marked: 2 });
});

Deno.test("a long range of hints of one record causes one look", async () => {
  const { contract, dealId } = await untold();
  await stack.sql`
    insert into public.zoho_webhook_events (source, module, operation, record_id, digest, received_at, status)
    select 'signed', 'Deals', 'update', ${dealId}, repeat('0', 64), '2026-03-01', 'nothing_new'
    from generate_series(1, 450) n
  `;
  const mark = await bookmark(stack);
  const { body } = await replay({ from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z" });
  assertEquals([body.replayed, body.marked, body.complete], [450, 1, true]);
  await heard(stack, dealId);
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals(await zohoCallsSince(stack, mark), ["GET /Deals"]);
});

Deno.test("a dry run while Zoho is unreachable says so and changes nothing", async () => {
  const { contract, dealId, event } = await untold();
  await stack.zoho.addFaults(silence);
  const { status, body } = await replay({ eventId: event.id, dryRun: true });
  assertEquals([status >= 500, body.success], [true, false], JSON.stringify(body));
  assertEquals([await statusesOf(stack, dealId), await statusOf(stack, contract)], [
    ["nothing_new"],
    "draft",
  ]);
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

Deno.test("a request with an unknown key is 400", async () => {
  for (const body of [{}, [], null, { eventId: event, force: true }, { from, to, module: "Deals" }]) {
    assertEquals((await replay(body)).status, 400, JSON.stringify(body));
  }
});

Deno.test("an unknown event is 404", async () => {
  const { status, body } = await replay({ eventId: crypto.randomUUID() });
  assertEquals([status, body.error?.code], [404, "NOT_FOUND"]);
});

Deno.test("an admin replays under their own id; other users may not", async () => {
  const { event } = await untold();
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
    for (const action of ["replay", "watch"]) {
      const answer = await stack.invoke(`zoho-admin/${action}`, { eventId: event.id }, headers);
      assertEquals(answer.status, status, action);
    }
  }
  assertEquals(await lastAction(), before);
});

Deno.test("an unknown action is 404 and lists the known ones", async () => {
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
