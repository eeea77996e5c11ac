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
  nowSeconds,
  post,
  signedHeaders,
  statusesOf,
  tell,
} from "../support/webhook.ts";
import { queueRow, settled, undrained } from "../support/queue.ts";
import { inStep, mappingOf, openQuestionsOf, statusOf } from "../support/linked.ts";
import { clusterUrl } from "../support/cluster.ts";
import type { Row, Values } from "../support/fixtures.ts";
import { dealOf } from "../support/sale.ts";
import { until } from "../support/until.ts";
import { bookmark, writesOf, zohoCallsSince } from "../support/zoho_calls.ts";

// Deliveries that come twice, late, in the wrong order, or that are our own writes coming back: none of them is a truth.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, ...bothWays, instances: 2 });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(async () => {
  await stack.zoho.clearFaults();
  await stack.sql`select public.zoho_resume()`;
});

const byUs = { Modified_By: { id: integrationUser, name: "CircleTel Integration" } };
const echo = (dealId: string, data: Values) => edited(dealId, { ...data, ...byUs });
const move = (dealId: string, stage: string) => stack.zoho.edit("Deals", dealId, { Stage: stage });

/** A seller moves the Deal, and a hint reports it. */
async function moveAndTell(dealId: string, stage: string): Promise<string[]> {
  await move(dealId, stage);
  return await tell(stack, edited(dealId, { Stage: stage }));
}

/** CircleTel's own change, once Zoho has it; a stage waits for a second without writes to the Deal. */
async function setStatus(contract: Row, status: string): Promise<void> {
  await stack.zoho.advanceClock(5_000);
  await stack.sql`update public.contracts set status = ${status} where id = ${contract.id}`;
  await settled(stack, contract);
}

/** What both sides hold. */
const both = async (
  contract: Row,
) => [await statusOf(stack, contract), (await dealOf(stack, contract)).Stage];

Deno.test("the same delivery a hundred times at once is one move, and causes a few looks", async () => {
  const { contract, dealId } = await inStep(stack);
  await move(dealId, "Closed Won");
  const body = JSON.stringify(edited(dealId, { Stage: "Closed Won" }));
  const headers = signedHeaders(body, { timestamp: nowSeconds() });
  const mark = await bookmark(stack);
  const answers = await Promise.all(Array.from({ length: 100 }, () => post(stack, body, headers)));
  assertEquals(new Set(answers.map(({ status }) => status)), new Set([200]));
  assertEquals(new Set(answers.map(({ json }) => json.eventId)).size, 100, "each is kept");

  const statuses = await heard(stack, dealId);
  assertEquals(new Set(statuses).isSubsetOf(new Set(["applied", "nothing_new"])), true, statuses.join());
  await settled(stack, contract);
  assertEquals(await both(contract), ["active", "Closed Won"]);
  assertEquals((await inwardLogs(stack, contract)).length, 1);
  const calls = await zohoCallsSince(stack, mark);
  assert(calls.length < 100 && calls.every((call) => call === "GET /Deals"), calls.join());
});

Deno.test("a hundred edits reported at once, in any order, leave what Zoho holds", async () => {
  const { contract, dealId } = await inStep(stack);
  const stages = ["Closed Lost", "Negotiation/Review", "Proposal/Price Quote", "Closed Won"];
  const payloads = [];
  for (let index = 0; index < 100; index++) {
    const Stage = stages[index % stages.length] ?? "";
    const { Modified_Time } = await move(dealId, Stage);
    payloads.push(edited(dealId, { Stage, Modified_Time }));
  }
  await Promise.all(payloads.toReversed().map((payload) => deliver(stack, payload)));
  const statuses = await heard(stack, dealId);
  await settled(stack, contract);
  assertEquals(await both(contract), ["active", "Closed Won"]);
  assertEquals([statuses.length, statuses.includes("failed")], [100, false]);
});

Deno.test("two moves reported in the wrong order leave the newer one", async () => {
  const { contract, dealId } = await inStep(stack);
  const lost = await move(dealId, "Closed Lost");
  await stack.zoho.advanceClock(5_000);
  const won = await move(dealId, "Closed Won");
  for (const { Stage, Modified_Time } of [won, lost]) {
    await tell(stack, edited(dealId, { Stage, Modified_Time }));
  }
  await settled(stack, contract);
  assertEquals(await both(contract), ["active", "Closed Won"]);
  assertEquals(await statusesOf(stack, dealId), ["applied", "nothing_new"]);
});

Deno.test("a Deal moved, moved back and moved again within one second counts each time (M5)", async () => {
  const { contract, dealId } = await inStep(stack);
  const { Modified_Time } = await move(dealId, "Closed Won");
  for (
    const [stage, status] of [["Closed Won", "active"], ["Closed Lost", "terminated"], [
      "Closed Won",
      "active",
    ]]
  ) {
    await move(dealId, stage ?? "");
    const [answer] = (await tell(stack, edited(dealId, { Stage: stage, Modified_Time }))).slice(-1);
    assertEquals([answer, await statusOf(stack, contract)], ["applied", status]);
  }
});

Deno.test("a body that equals an earlier one counts when Zoho or CircleTel moved the Deal in between", async () => {
  const { contract, dealId } = await inStep(stack);
  assertEquals((await moveAndTell(dealId, "Closed Won")).at(-1), "applied");
  // To a stage that asks for nothing and back.
  await moveAndTell(dealId, "Qualification");
  await moveAndTell(dealId, "Closed Won");
  assertEquals(await both(contract), ["active", "Closed Won"]);

  await setStatus(contract, "draft");
  assertEquals(await both(contract), ["draft", "Proposal/Price Quote"]);
  assertEquals((await moveAndTell(dealId, "Closed Won")).at(-1), "applied");
  assertEquals(await both(contract), ["active", "Closed Won"]);
});

Deno.test("a repeat of an old body changes nothing", async () => {
  const { contract, dealId } = await inStep(stack);
  await moveAndTell(dealId, "Closed Won");
  await setStatus(contract, "terminated");
  const mark = await bookmark(stack);
  for (let repeat = 0; repeat < 3; repeat++) await tell(stack, edited(dealId, { Stage: "Closed Won" }));
  assertEquals(await both(contract), ["terminated", "Closed Lost"]);
  assertEquals(await writesOf(stack, dealId, mark), []);
});

Deno.test("an echo of our own write needs no look, and does not make a fully signed contract active", async () => {
  const { contract, dealId } = await inStep(stack);
  await setStatus(contract, "fully_signed");
  const { Stage, Amount, KYC_Status, Modified_Time } = await dealOf(stack, contract);
  const mark = await bookmark(stack);
  const { json } = await deliver(stack, echo(dealId, { Stage, Amount, KYC_Status, Modified_Time }));
  assertEquals(json.message, "recorded: The hint has the values that CircleTel knows");
  assertEquals(await statusesOf(stack, dealId), ["nothing_new"]);
  assertEquals(await both(contract), ["fully_signed", "Closed Won"]);
  assertEquals([await queueRow(stack, contract), await zohoCallsSince(stack, mark)], [undefined, []]);
  assertEquals(await inwardLogs(stack, contract), []);
});

Deno.test("an echo that comes before its write is settled changes nothing, nor does its late repeat", async () => {
  const { contract, dealId } = await inStep(stack);
  await stack.zoho.advanceClock(5_000);
  const mark = await bookmark(stack);
  // The answer drips in long after the echo.
  await stack.zoho.addFaults({
    match: { method: "PUT", module: "Deals" },
    kind: "slow_drip",
    ms: 700,
    times: 1,
  });
  await stack.sql`update public.contracts set status = 'fully_signed' where id = ${contract.id}`;
  await until(async () => (await dealOf(stack, contract)).Stage === "Closed Won", { what: "our write" });
  const { json } = await deliver(stack, echo(dealId, { Stage: "Closed Won" }));
  assertEquals(json.message, "recorded", "what is under way is not known yet");
  assertEquals(await heard(stack, dealId), ["nothing_new"]);
  await settled(stack, contract);
  await tell(stack, echo(dealId, { Stage: "Closed Won" }));
  assertEquals(await both(contract), ["fully_signed", "Closed Won"]);
  assertEquals((await writesOf(stack, dealId, mark)).length, 1);
  assertEquals(await inwardLogs(stack, contract), []);
});

Deno.test("echoes of our writes that arrive after a seller's move change nothing", async () => {
  const { contract, dealId } = await inStep(stack, { contract: { status: "pending_signature" } });
  await setStatus(contract, "fully_signed");
  assertEquals((await moveAndTell(dealId, "Closed Lost")).at(-1), "applied");
  for (const Stage of ["Closed Won", "Negotiation/Review", "Proposal/Price Quote"]) {
    assertEquals((await tell(stack, echo(dealId, { Stage }))).at(-1), "nothing_new");
  }
  assertEquals(await both(contract), ["terminated", "Closed Lost"]);
});

Deno.test("a seller's edit in the same second as our write is no echo", async () => {
  const { contract, dealId } = await inStep(stack);
  await setStatus(contract, "fully_signed");
  const { Modified_Time } = await dealOf(stack, contract);
  await move(dealId, "Closed Lost");
  await tell(stack, edited(dealId, { Stage: "Closed Lost", Modified_Time }));
  assertEquals(await both(contract), ["terminated", "Closed Lost"]);
});

Deno.test("an unreported move counts when the echo of our next write shows it", async () => {
  const { contract, dealId } = await inStep(stack);
  await move(dealId, "Closed Won");
  await stack.sql`update public.contracts set total_contract_value = 500 where id = ${contract.id}`;
  await settled(stack, contract);
  assertEquals(await both(contract), ["draft", "Closed Won"], "our write carried no stage");
  assertEquals(await tell(stack, echo(dealId, { Stage: "Closed Won", Amount: 500 })), ["applied"]);
  assertEquals(await both(contract), ["active", "Closed Won"]);
});

Deno.test("a contract terminated while the sync was paused stays terminated, whatever a seller did meanwhile (M1)", async () => {
  const { contract, dealId } = await inStep(stack, { contract: { status: "active" } });
  await stack.sql`select public.zoho_pause('BY_HAND', 'paused by a test', p_until_resumed => true)`;
  await stack.sql`update public.contracts set status = 'terminated' where id = ${contract.id}`;
  await move(dealId, "Negotiation/Review");
  await move(dealId, "Closed Won");
  const { Modified_Time } = await move(dealId, "Closed Lost to Competition");
  await move(dealId, "Proposal/Price Quote");
  await deliver(stack, edited(dealId, { Stage: "Proposal/Price Quote", Modified_Time }));
  assertEquals(await statusesOf(stack, dealId), ["received"]);

  await stack.zoho.advanceClock(5_000);
  await stack.sql`select public.zoho_resume()`;
  assertEquals(await heard(stack, dealId), ["conflict"]);
  await settled(stack, contract);
  assertEquals(await both(contract), ["terminated", "Closed Lost"]);
  const [event] = await eventsOf(stack, dealId);
  assertMatch(String(event?.reason), /^CONFLICT: .* terminated is kept/);
});

Deno.test("a contract terminated while the sync was paused is not won by a late report of an earlier move (M1)", async () => {
  const { contract, dealId } = await inStep(stack, { contract: { status: "active" } });
  await stack.sql`select public.zoho_pause('BY_HAND', 'paused by a test', p_until_resumed => true)`;
  await stack.sql`update public.contracts set status = 'terminated' where id = ${contract.id}`;
  await deliver(stack, edited(dealId, { Stage: "Closed Won", Probability: 100 }));
  await stack.zoho.advanceClock(5_000);
  await stack.sql`select public.zoho_resume()`;
  await heard(stack, dealId);
  await settled(stack, contract);
  assertEquals(await both(contract), ["terminated", "Closed Lost"]);
});

Deno.test("a stage that both sides changed becomes CircleTel's, and the conflict names both sides, who and when", async () => {
  const { contract, dealId } = await inStep(stack);
  // Nothing is looked at before both have changed.
  const { Modified_Time, Modified_By } = await undrained(stack, async () => {
    const moved = await move(dealId, "Closed Lost");
    await stack.zoho.advanceClock(5_000);
    await stack.sql`update public.contracts set status = 'active' where id = ${contract.id}`;
    assertEquals(await tell(stack, edited(dealId, { Stage: "Closed Lost" })), ["conflict"]);
    return moved;
  });
  await settled(stack, contract);
  assertEquals(await both(contract), ["active", "Closed Won"]);

  const [question, ...more] = await openQuestionsOf(stack, contract);
  const { kind, ours, theirs, asks, answers, changed_by, changed_at } = question ?? {};
  assertEquals({ kind, ours, theirs, asks, answers, changed_by, changed_at }, {
    kind: "conflict",
    ours: "active",
    theirs: "Closed Lost",
    asks: "terminated",
    answers: ["keep", "zoho"],
    changed_by: (Modified_By as { id: string }).id,
    changed_at: String(Modified_Time),
  });
  assertEquals(more.length, 0);
  assertEquals((await mappingOf(stack, contract)).agreed_status, "active");
  const [log] = await inwardLogs(stack, contract);
  assertMatch(String(log?.error_message), /^CONFLICT/);
});
