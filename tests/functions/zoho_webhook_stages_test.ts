import { assertEquals, assertMatch } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import { type ContractStatus, contractStatuses } from "../../supabase/functions/_shared/mapping/types.ts";
import { Administrator } from "../support/administrator.ts";
import {
  bothWays,
  deliver,
  edited,
  eventsOf,
  heard,
  inwardLogs,
  statusesOf,
  tell,
} from "../support/webhook.ts";
import { settled } from "../support/queue.ts";
import { withStack } from "../support/stack.ts";
import {
  allInStep,
  contractRow,
  type InStep,
  inStep,
  mappingOf,
  openQuestionsOf,
  statusOf,
} from "../support/linked.ts";
import { clusterUrl } from "../support/cluster.ts";
import { pick } from "../support/rows.ts";
import { dealOf } from "../support/sale.ts";
import { bookmark, writesOf, zohoCallsSince } from "../support/zoho_calls.ts";

// What a stage that was moved in Zoho makes of a contract, from every status it may have had.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, ...bothWays });
});
Deno.test.afterAll(() => stack.stop());

type Asked = "active" | "terminated" | "draft";

/** Stages as the org has or may have them, and the contract status that each asks for. */
const stages: Record<string, Asked | null> = {
  "Qualification": null,
  "Needs Analysis": null,
  "Value Proposition": null,
  "Id. Decision Makers": null,
  "Proposal/Price Quote": "draft",
  "Negotiation/Review": "draft",
  "Closed Won": "active",
  "Closed Lost": "terminated",
  "Closed Lost to Competition": "terminated",
  // Of pipelines of the org's own.
  "Won": "active",
  "lost": "terminated",
  "CLOSED WON - RENEWAL": "active",
  "closed-lost  no budget": "terminated",
  "Proposal sent": "draft",
  "Won back": null,
  "Lost contact": null,
  "On Hold": null,
  "constructor": null,
};

const agreeing: Record<string, ContractStatus[]> = {
  "Negotiation/Review": ["draft", "pending_signature", "partially_signed"],
  active: ["active", "fully_signed"],
  terminated: ["terminated"],
  draft: ["draft"],
};

const signed: ContractStatus[] = ["partially_signed", "fully_signed", "active"];

/** What becomes of a contract whose Deal is moved to a stage from another one. */
function expected(status: ContractStatus, stage: string): { status: ContractStatus; outcome: string } {
  const asks = stages[stage] ?? null;
  if (asks === null || (agreeing[stage] ?? agreeing[asks])?.includes(status)) {
    return { status, outcome: "nothing_new" };
  }
  if (asks === "draft" && signed.includes(status)) return { status, outcome: "question" };
  return { status: asks, outcome: "applied" };
}

interface Case extends InStep {
  status: ContractStatus;
  stage: string;
  held: unknown;
}

/** A contract of every status for each of these stages. */
async function allCases(stack: Stack, all: string[]): Promise<Case[]> {
  const wanted = contractStatuses.flatMap((status) => all.map((stage) => ({ status, stage })));
  const sold = await allInStep(stack, wanted.map(({ status }) => ({ contract: { status } })));
  const held = await heldStages(stack);
  return sold.map((each, index) => ({
    ...each,
    status: wanted[index]?.status ?? "draft",
    stage: wanted[index]?.stage ?? "",
    held: held.get(each.dealId),
  }));
}

/** By Deal, under the names that Zoho shows. */
async function heldStages({ zoho }: Stack): Promise<Map<string, unknown>> {
  return new Map((await zoho.records("Deals")).map(({ id, Stage }) => [id, Stage]));
}

async function move(stack: Stack, cases: Case[]): Promise<void> {
  for (const { dealId, stage } of cases) await stack.zoho.edit("Deals", dealId, { Stage: stage });
  for (const { dealId, stage } of cases) await deliver(stack, edited(dealId, { Stage: stage }));
  await heard(stack, ...cases.map(({ dealId }) => dealId));
  await settled(stack, cases.map(({ contract }) => contract));
}

function outcomes(stack: Stack, cases: Case[]) {
  return Promise.all(cases.map(async ({ contract, dealId, status, stage }) => ({
    moved: `${status} to ${stage}`,
    status: await statusOf(stack, contract),
    outcome: (await statusesOf(stack, dealId)).at(-1),
    asked: (await openQuestionsOf(stack, contract)).map(({ kind }) => kind),
  })));
}

function expectedOutcomes(cases: Case[], shownAs: Record<string, string> = {}) {
  return cases.map(({ status, stage, held }) => {
    // A move to where the Deal is already is none.
    const becomes = held === (shownAs[stage] ?? stage)
      ? { status, outcome: "nothing_new" }
      : expected(status, stage);
    const asked = becomes.outcome === "question" ? ["unsigned"] : [];
    return { moved: `${status} to ${stage}`, ...becomes, asked };
  });
}

Deno.test("each move from each status to each stage changes the contract as the table says", async () => {
  // Without pipelines a Deal holds any stage that a seller or another app gives it.
  await stack.zoho.changeSettings({ pipelines: "off" });
  const cases = await allCases(stack, Object.keys(stages));
  const mark = await bookmark(stack);
  await move(stack, cases);
  assertEquals(await outcomes(stack, cases), expectedOutcomes(cases));
  const held = await heldStages(stack);
  const left = cases.filter(({ dealId, stage }) => held.get(dealId) !== stage);
  assertEquals(left.map(({ status, stage }) => `${status} to ${stage}`), [], "no Deal is moved back");
  const writes = (await zohoCallsSince(stack, mark)).filter((call) => /^(PUT|POST) .Deals/.test(call));
  assertEquals(writes, [], "what Zoho told is not written back");
});

/** What the org's administrator calls stages, by their actual names. */
const renamed: Record<string, string> = {
  "Qualification": "New lead",
  "Proposal/Price Quote": "Offer is out",
  "Negotiation/Review": "Talking",
  "Closed Won": "Won",
  "Closed Lost": "Gone cold",
  "Closed Lost to Competition": "Lost",
};

Deno.test("a stage has the same meaning under the org's displayed name, whatever that is (M10)", () =>
  withStack({ ...bothWays, readFields: true }, async (stack) => {
    const options = Object.entries(renamed).map(([actual_value, display_value]) => ({
      actual_value,
      display_value,
    }));
    await new Administrator(stack).change("Deals", "Stage", { pick_list_values: options });
    await stack.zoho.changeSettings({ picklistReads: "display", picklistWrites: "either" });
    const cases = await allCases(stack, Object.keys(renamed));
    const mark = await bookmark(stack);
    await move(stack, cases);
    assertEquals(await outcomes(stack, cases), expectedOutcomes(cases, renamed));
    const writes = (await zohoCallsSince(stack, mark)).filter((call) => /^(PUT|POST) .Deals/.test(call));
    assertEquals(writes, [], "no Deal is put back");
  }));

Deno.test("a move to Closed Won makes the contract active, and every trace of it names the right rows", async () => {
  const { contract, dealId } = await inStep(stack);
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  const { Modified_Time, Modified_By } = await dealOf(stack, contract);
  const { json } = await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time, Modified_By }));
  assertEquals([json.success, json.message], [true, "recorded"]);
  assertEquals(await heard(stack, dealId), ["applied"]);

  const row = await contractRow(stack, contract.id);
  assertEquals([row.status, row.zoho_deal_id], ["active", dealId]);
  const [event] = await eventsOf(stack, dealId);
  assertEquals([event?.id, event?.reason, event?.entity_type, event?.entity_id], [
    json.eventId,
    "draft → active",
    "contract",
    contract.id,
  ]);
  assertEquals([event?.source, event?.module, event?.operation], ["signed", "Deals", "update"]);
  const mapping = await mappingOf(stack, contract);
  assertEquals([(mapping.snapshot as Record<string, unknown>).Stage, mapping.agreed_status], [
    "Closed Won",
    "active",
  ]);
  const [log, ...more] = await inwardLogs(stack, contract);
  assertEquals([log?.entity_type, log?.zoho_entity_type, log?.zoho_entity_id, log?.status, more.length], [
    "contract",
    "Deals",
    dealId,
    "success",
    0,
  ]);
  const { from, to, stage, by, modified_at } = log?.response_payload as Record<string, unknown>;
  const { id: seller } = Modified_By as { id: string };
  assertEquals([from, to, stage, by, modified_at], [
    "draft",
    "active",
    "Closed Won",
    seller,
    Modified_Time ?? null,
  ]);
});

Deno.test("a move that would un-sign a contract raises a question, and both sides stay as they are", async () => {
  const { contract, dealId } = await inStep(stack, { contract: { status: "fully_signed" } });
  await stack.zoho.edit("Deals", dealId, { Stage: "Negotiation/Review" });
  const { Modified_Time, Modified_By } = await dealOf(stack, contract);
  assertEquals(await tell(stack, edited(dealId, { Stage: "Negotiation/Review" })), ["question"]);
  assertEquals(await statusOf(stack, contract), "fully_signed");
  assertEquals((await dealOf(stack, contract)).Stage, "Negotiation/Review");
  const [question, ...more] = await openQuestionsOf(stack, contract);
  assertEquals(more, []);
  const { kind, field, ours, theirs, asks, answers, changed_by, changed_at } = question ?? {};
  assertEquals({ kind, field, ours, theirs, asks, answers, changed_by, changed_at }, {
    kind: "unsigned",
    field: "Stage",
    ours: "fully_signed",
    theirs: "Negotiation/Review",
    asks: "draft",
    answers: ["zoho", "circletel"],
    changed_by: (Modified_By as { id: string }).id,
    changed_at: String(Modified_Time),
  });
  const [log] = await inwardLogs(stack, contract);
  assertMatch(String(log?.error_message), /^QUESTION: unsigned \(Stage\)/);

  // The seller thinks again: the question answers itself.
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  await tell(stack, edited(dealId, { Stage: "Closed Won" }));
  assertEquals((await openQuestionsOf(stack, contract)).map(({ closed_because }) => closed_because), [
    "over",
  ]);
  assertEquals(await statusOf(stack, contract), "fully_signed");
});

Deno.test("an empty stage in a body was omitted by the sender: the Deal gets a look", async () => {
  const { contract, dealId } = await inStep(stack, { contract: { status: "active" } });
  for (const stage of ["", "  ", "-", null, "-None-"]) await tell(stack, edited(dealId, { Stage: stage }));
  assertEquals(new Set(await statusesOf(stack, dealId)), new Set(["nothing_new"]));
  assertEquals(await statusOf(stack, contract), "active");
  assertEquals(((await mappingOf(stack, contract)).snapshot as Record<string, unknown>).Stage, "Closed Won");
});

Deno.test("the words of a workflow rule, of a notification and of a script have the same meaning", async () => {
  const { contract, dealId } = await inStep(stack);
  const words = ["create", "CREATED", "insert", "add", "edit", "Update", "updated", "modify"];
  for (const [index, word] of words.entries()) {
    const [stage, status] = index % 2 === 0 ? ["Closed Won", "active"] : ["Closed Lost", "terminated"];
    await stack.zoho.edit("Deals", dealId, { Stage: stage ?? "" });
    await tell(stack, edited(dealId, { Stage: stage }, word));
    assertEquals(await statusOf(stack, contract), status, word);
  }
});

Deno.test("a seller's move from Proposal to Negotiation stays, also when CircleTel writes afterwards", async () => {
  const { contract, dealId } = await inStep(stack);
  const mark = await bookmark(stack);
  await stack.zoho.edit("Deals", dealId, { Stage: "Negotiation/Review" });
  assertEquals(await tell(stack, edited(dealId, { Stage: "Negotiation/Review" })), ["nothing_new"]);
  await stack.sql`update public.contracts set total_contract_value = 500 where id = ${contract.id}`;
  await settled(stack, contract);
  assertEquals(await statusOf(stack, contract), "draft");
  const writes = (await writesOf(stack, dealId, mark)).map((fields) => pick(fields, ["Stage", "Amount"]));
  assertEquals(writes, [{ Stage: "Negotiation/Review", Amount: undefined }, {
    Stage: undefined,
    Amount: 500,
  }]);
});
