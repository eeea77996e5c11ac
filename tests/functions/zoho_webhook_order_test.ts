import { assert, assertEquals } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import {
  at,
  deliver,
  edited,
  eventsOf,
  integrationUser,
  inwardLogs,
  nowSeconds,
  type Payload,
  post,
  signed,
  statusesOf,
  webhookOnly,
} from "../support/webhook.ts";
import { queueRow } from "../support/queue.ts";
import { link, mappingOf, statusOf } from "../support/linked.ts";
import { clusterUrl } from "../support/cluster.ts";
import type { Values } from "../support/fixtures.ts";

// Deliveries that come twice, late, in the wrong order, or that are our own writes coming back.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, ...webhookOnly, instances: 2 });
});
Deno.test.afterAll(() => stack.stop());

const byUs = { Modified_By: { id: integrationUser, name: "CircleTel Integration" } };
const ours = (dealId: string, data: Values) => edited(dealId, { ...data, ...byUs });

/** What the drain has settled: Zoho confirmed these fields at that second. */
async function weWrote(dealId: string, fields: Values, second: number): Promise<void> {
  const { sql } = stack;
  const write = JSON.stringify([{ fields, modified_at: at(second) }]);
  await sql`
    update public.zoho_entity_mappings set
      snapshot = snapshot || ${JSON.stringify(fields)}::text::jsonb,
      recent_writes = ${write}::text::jsonb || recent_writes,
      zoho_modified_at = ${at(second)},
      stage_modified_at = case when ${"Stage" in fields} then ${
    at(second)
  }::timestamptz else stage_modified_at end,
      stage_written_at = case when ${"Stage" in fields} then clock_timestamp() else stage_written_at end,
      sending = null
    where zoho_id = ${dealId}
  `;
}

/** A write that is under way: the attempt is open, Zoho has not answered. */
async function weAreSending(dealId: string, fields: Values): Promise<void> {
  await stack.sql`
    update public.zoho_entity_mappings set sending = ${
    JSON.stringify(fields)
  }::text::jsonb where zoho_id = ${dealId}
  `;
}

Deno.test("the same delivery a hundred times at once is one event and one update", async () => {
  const { contract, dealId } = await link(stack);
  const body = JSON.stringify(edited(dealId, { Stage: "Closed Won", Modified_Time: at(5) }));
  const headers = signed(body, { timestamp: nowSeconds() });
  const answers = await Promise.all(Array.from({ length: 100 }, () => post(stack, body, headers)));
  assertEquals(new Set(answers.map(({ status }) => status)), new Set([200]));
  assertEquals(new Set(answers.map(({ json }) => json.eventId)).size, 1);
  assertEquals(answers.filter(({ json }) => json.message === "applied").length, 1);
  const events = await eventsOf(stack, dealId);
  assertEquals(events.map(({ status, attempts }) => [status, attempts]), [["applied", 1]]);
  assertEquals((await inwardLogs(stack, contract)).length, 1);
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("a hundred of a body without any time at once are one event and one update", async () => {
  const { contract, dealId } = await link(stack);
  const body = JSON.stringify(edited(dealId, { Stage: "Closed Won" }));
  const answers = await Promise.all(Array.from({ length: 100 }, () => post(stack, body, signed(body))));
  assertEquals(new Set(answers.map(({ status }) => status)), new Set([200]));
  assertEquals(await statusesOf(stack, dealId), ["applied"]);
  assertEquals((await inwardLogs(stack, contract)).length, 1);
});

Deno.test("a hundred different edits at once leave the newest", async () => {
  const { contract, dealId } = await link(stack);
  const stages = ["Closed Lost", "Negotiation/Review", "Proposal/Price Quote", "Closed Won"];
  const payloads = Array.from(
    { length: 100 },
    (_, index) => edited(dealId, { Stage: stages[index % stages.length], Modified_Time: at(index + 1) }),
  );
  await Promise.all(payloads.map((payload) => deliver(stack, payload)));
  assertEquals(await statusOf(stack, contract), "active");
  const { snapshot } = await mappingOf(stack, contract);
  assertEquals((snapshot as Values).Stage, "Closed Won");
  assertEquals((await eventsOf(stack, dealId)).length, 100);
  assertEquals(new Set(await statusesOf(stack, dealId)).has("failed"), false);
});

Deno.test("a repeat of a body without any time is one event, but Won after Won and Negotiation is applied again", async () => {
  const { contract, dealId } = await link(stack);
  const move = async (stage: string, becomes: string) => {
    const { json } = await deliver(stack, edited(dealId, { Stage: stage }));
    assertEquals(await statusOf(stack, contract), becomes);
    return json;
  };
  const first = await move("Closed Won", "active");
  assertEquals((await move("Closed Won", "active")).eventId, first.eventId);
  await move("Negotiation/Review", "draft");
  const again = await move("Closed Won", "active");
  assert(again.eventId !== first.eventId);
  assertEquals((await move("Closed Won", "active")).eventId, again.eventId);
  await move("Negotiation/Review", "draft");
  await move("Closed Won", "active");
  assertEquals(await statusesOf(stack, dealId), ["applied", "applied", "applied", "applied", "applied"]);
});

Deno.test("Won after Won counts when CircleTel has moved the Deal in between", async () => {
  const { contract, dealId } = await link(stack);
  const won = edited(dealId, { Stage: "Closed Won" });
  await deliver(stack, won);
  await stack.sql`update public.contracts set status = 'draft' where id = ${contract.id}`;
  await weWrote(dealId, { Stage: "Proposal/Price Quote" }, 10);
  await deliver(stack, won);
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("Won after Won counts when a stage that asks for nothing lay in between", async () => {
  const { contract, dealId } = await link(stack);
  await deliver(stack, edited(dealId, { Stage: "Closed Won" }));
  await deliver(stack, edited(dealId, { Stage: "Qualification" }));
  await deliver(stack, edited(dealId, { Stage: "Closed Won" }));
  assertEquals(await statusOf(stack, contract), "active");
  const { snapshot } = await mappingOf(stack, contract);
  assertEquals((snapshot as Values).Stage, "Closed Won");
});

Deno.test("the same body under another timestamp is another event, and a body with its Modified_Time never is", async () => {
  const { dealId } = await link(stack);
  const timed = JSON.stringify(edited(dealId, { Stage: "Closed Won", Modified_Time: at(5) }));
  for (const timestamp of [nowSeconds(), nowSeconds() - 1, nowSeconds()]) {
    await post(stack, timed, signed(timed, { timestamp }));
  }
  assertEquals((await statusesOf(stack, dealId)).length, 2);
  const { dealId: other } = await link(stack);
  for (let repeat = 0; repeat < 3; repeat++) {
    await deliver(stack, edited(other, { Stage: "Closed Won", Modified_Time: at(5) }));
  }
  assertEquals((await statusesOf(stack, other)).length, 1);
});

Deno.test("two updates in the wrong order: the newer wins", async () => {
  const { contract, dealId } = await link(stack);
  await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(9) }));
  await deliver(stack, edited(dealId, { Stage: "Closed Lost", Modified_Time: at(8) }));
  assertEquals(await statusesOf(stack, dealId), ["applied", "stale"]);
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("offsets count: the same moment is told apart from the same wall clock", async () => {
  const { contract, dealId } = await link(stack);
  await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: "2026-11-20T12:00:00+02:00" }));
  await deliver(stack, edited(dealId, { Stage: "Closed Lost", Modified_Time: "2026-11-20T11:00:00+00:00" }));
  assertEquals(await statusOf(stack, contract), "terminated");
  await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: "2026-11-20T12:30:00+02:00" }));
  assertEquals(await statusOf(stack, contract), "terminated");
});

Deno.test("an edit that is older than our last write but newer about the stage is applied", async () => {
  const { contract, dealId } = await link(stack);
  await weWrote(dealId, { Risk_Tier: "High" }, 9);
  await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(7) }));
  assertEquals(await statusOf(stack, contract), "active");
  const mapping = await mappingOf(stack, contract);
  assertEquals((mapping.zoho_modified_at as Date).toISOString(), new Date(at(9)).toISOString());
});

Deno.test("an edit that is older than our last write says nothing of the fields that we wrote since", async () => {
  const { contract, dealId } = await link(stack);
  await weWrote(dealId, { Risk_Tier: "High" }, 9);
  await deliver(stack, edited(dealId, { Stage: "Closed Won", Risk_Tier: "Low", Modified_Time: at(7) }));
  assertEquals(await queueRow(stack, contract), undefined, "no drift");
});

Deno.test("an edit that is older than our last word about the stage is stale", async () => {
  const { contract, dealId } = await link(stack, { status: "fully_signed" });
  await weWrote(dealId, { Stage: "Closed Won" }, 9);
  await deliver(stack, edited(dealId, { Stage: "Closed Lost", Modified_Time: at(8) }));
  assertEquals(await statusesOf(stack, dealId), ["stale"]);
  assertEquals(await statusOf(stack, contract), "fully_signed");
});

Deno.test("without a time, what was received before our last written stage is stale when it is applied", async () => {
  const { contract, dealId } = await link(stack, { status: "fully_signed" });
  const payload: Payload = edited(dealId, { Stage: "Closed Lost" });
  await stack
    .sql`alter table public.contracts add constraint nobody_is_lost check (status <> 'terminated') not valid`;
  await deliver(stack, payload);
  await stack.sql`alter table public.contracts drop constraint nobody_is_lost`;
  assertEquals(await statusesOf(stack, dealId), ["failed"]);
  await weWrote(dealId, { Stage: "Closed Won" }, 9);
  const [event] = await eventsOf(stack, dealId);
  await stack.sql`
    select public.zoho_apply_event(${event?.id ?? null}, ${
    JSON.stringify([{
      record_id: dealId,
      operation: "update",
      status: "terminated",
      fields: { Stage: "Closed Lost" },
    }])
  }::text::jsonb)
  `;
  assertEquals(await statusesOf(stack, dealId), ["stale"]);
  assertEquals(await statusOf(stack, contract), "fully_signed");
});

Deno.test("our own write that comes back is an echo: a fully signed contract does not become active by it", async () => {
  const { contract, dealId } = await link(stack, { status: "fully_signed" });
  await weWrote(dealId, { Stage: "Closed Won" }, 9);
  await deliver(stack, ours(dealId, { Stage: "Closed Won", Modified_Time: at(9) }));
  assertEquals(await statusesOf(stack, dealId), ["echo"]);
  assertEquals(await statusOf(stack, contract), "fully_signed");
  assertEquals(await queueRow(stack, contract), undefined);
  assertEquals(await inwardLogs(stack, contract), []);
});

Deno.test("an echo that comes before its write is settled is one too", async () => {
  const { contract, dealId } = await link(stack, { status: "fully_signed" });
  await weAreSending(dealId, { Stage: "Closed Won", Contract_Signed_Date: "2026-11-20" });
  await deliver(
    stack,
    ours(dealId, { Stage: "Closed Won", Contract_Signed_Date: "2026-11-20", Modified_Time: at(9) }),
  );
  assertEquals([await statusesOf(stack, dealId), await statusOf(stack, contract)], [
    ["echo"],
    "fully_signed",
  ]);
  await weWrote(dealId, { Stage: "Closed Won", Contract_Signed_Date: "2026-11-20" }, 9);
  const late = ours(dealId, {
    Stage: "Closed Won",
    Contract_Signed_Date: "2026-11-20",
    Modified_Time: at(9),
  });
  const body = JSON.stringify(late);
  await post(stack, body, signed(body, { timestamp: nowSeconds() }));
  assertEquals(await statusesOf(stack, dealId), ["echo", "echo"]);
  assertEquals(await statusOf(stack, contract), "fully_signed");
});

Deno.test("an echo that comes when a seller has moved on is stale", async () => {
  const { contract, dealId } = await link(stack, { status: "fully_signed" });
  await weWrote(dealId, { Stage: "Closed Won" }, 9);
  await deliver(stack, edited(dealId, { Stage: "Negotiation/Review", Modified_Time: at(11) }));
  assertEquals(await statusOf(stack, contract), "draft");
  await deliver(stack, ours(dealId, { Stage: "Closed Won", Modified_Time: at(9) }));
  assertEquals(await statusesOf(stack, dealId), ["applied", "stale"]);
  assertEquals(await statusOf(stack, contract), "draft");
});

Deno.test("the echo of the write before the last one, of the same second, changes nothing", async () => {
  const { contract, dealId } = await link(stack, { status: "fully_signed" });
  for (const stage of ["Proposal/Price Quote", "Negotiation/Review", "Closed Won"]) {
    await weWrote(dealId, { Stage: stage }, 9);
  }
  for (const stage of ["Closed Won", "Negotiation/Review", "Proposal/Price Quote"]) {
    await deliver(stack, ours(dealId, { Stage: stage, Modified_Time: at(9) }));
  }
  assertEquals(await statusesOf(stack, dealId), ["echo", "echo", "echo"]);
  assertEquals(await statusOf(stack, contract), "fully_signed");
});

Deno.test("a seller who edits in the very second of our write is no echo", async () => {
  const { contract, dealId } = await link(stack, { status: "fully_signed" });
  await weWrote(dealId, { Stage: "Closed Won" }, 9);
  await deliver(stack, edited(dealId, { Stage: "Closed Lost", Modified_Time: at(9) }));
  assertEquals(await statusOf(stack, contract), "terminated");
});

Deno.test("what a seller changed before our write comes with its echo and counts", async () => {
  const { contract, dealId } = await link(stack);
  await weWrote(dealId, { Risk_Tier: "High" }, 9);
  await deliver(stack, ours(dealId, { Stage: "Closed Won", Risk_Tier: "High", Modified_Time: at(9) }));
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("a seller's move from Proposal to Negotiation is not undone", async () => {
  const { contract, dealId } = await link(stack);
  await deliver(stack, edited(dealId, { Stage: "Negotiation/Review", Modified_Time: at(5) }));
  assertEquals(await statusOf(stack, contract), "draft");
  assertEquals(await queueRow(stack, contract), undefined);
  const { snapshot } = await mappingOf(stack, contract);
  assertEquals((snapshot as Values).Stage, "Negotiation/Review");
});
