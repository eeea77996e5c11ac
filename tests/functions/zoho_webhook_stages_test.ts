import { assertEquals } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import { at, deliver, edited, eventsOf, inwardLogs, statusesOf, webhookOnly } from "../support/webhook.ts";
import { queueRow } from "../support/queue.ts";
import { contractRow, link, mappingOf, statusOf } from "../support/linked.ts";
import { clusterUrl } from "../support/cluster.ts";
import { fold as foldOutbox } from "../support/fold.ts";

// What a stage that was moved in Zoho makes of a contract, from every status it may have had.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, ...webhookOnly });
});
Deno.test.afterAll(() => stack.stop());

/** Zoho's default stages, by actual and by display value, and the contract status each asks for. */
const stages: Record<string, string | null> = {
  "Qualification": null,
  "Needs Analysis": null,
  "Value Proposition": null,
  "Id. Decision Makers": null,
  "Identify Decision Makers": null,
  "Proposal/Price Quote": "draft",
  "Negotiation/Review": "draft",
  "Closed Won": "active",
  "Closed Lost": "terminated",
  "Closed Lost to Competition": "terminated",
  "Closed-Lost to Competition": "terminated",
};

/** The stage that Zoho holds when everything is quiet. */
const heldBy: Record<string, string> = {
  draft: "Proposal/Price Quote",
  pending_signature: "Negotiation/Review",
  partially_signed: "Negotiation/Review",
  fully_signed: "Closed Won",
  active: "Closed Won",
  terminated: "Closed Lost",
  expired: "Closed Won",
};

const spellings = (stage: string): string[] => [
  stage,
  stage.toUpperCase(),
  stage.toLowerCase(),
  `  ${stage}\t`,
  stage.replaceAll(" ", ""),
  stage.replaceAll(" ", "-"),
  stage.replaceAll(" ", "_"),
  stage.replaceAll(" ", "\u00a0"),
  stage.replaceAll(" ", " \u2013 "),
  stage.replaceAll("-", "\u2011"),
  stage.replaceAll("/", " / "),
  stage.replaceAll("/", "\u00a0/\u00a0"),
];

const fold = (stage: string) => stage.toLowerCase().replace(/[\s\-_\u2010-\u2015]+/g, "");

/** What becomes of a contract whose Deal was moved: the table, and that waiting for signatures is no draft. */
function expected(status: string, stage: string): string {
  const isWaiting = status === "pending_signature" || status === "partially_signed";
  if (fold(stage) === fold(heldBy[status] ?? "")) return status;
  if (stage === "Negotiation/Review" && isWaiting) return status;
  return stages[stage] ?? status;
}

for (const status of Object.keys(heldBy)) {
  Deno.test(`a contract that is ${status} follows every stage, however it is spelled`, async () => {
    const linked = await link(stack, { status, stage: heldBy[status] ?? "" });
    const { contract, dealId } = linked;
    const wrong: string[] = [];
    let second = 0;
    for (const stage of Object.keys(stages)) {
      for (const spelling of new Set(spellings(stage))) {
        await reset(linked, status);
        await deliver(stack, edited(dealId, { Stage: spelling, Modified_Time: at(++second) }));
        const became = await statusOf(stack, contract);
        if (became !== expected(status, stage)) wrong.push(`${JSON.stringify(spelling)} made it ${became}`);
      }
    }
    assertEquals(wrong, []);
    assertEquals(await queueRow(stack, contract), undefined, "what Zoho told is not written back");
  });
}

/** As the contract and its Deal were before a move. */
async function reset({ contract, dealId, snapshot }: Awaited<ReturnType<typeof link>>, status: string) {
  await stack.sql`update public.contracts set status = ${status} where id = ${contract.id}`;
  await foldOutbox(stack.sql);
  await stack.sql`delete from public.zoho_sync_queue where entity_id = ${contract.id}`;
  await stack.sql`
    update public.zoho_entity_mappings set snapshot = ${stack.sql.json(snapshot as Record<string, string>)}
    where zoho_id = ${dealId}
  `;
}

Deno.test("a move to Closed Won makes the contract active, and every trace of it names the right rows", async () => {
  const { contract, dealId } = await link(stack);
  const { json } = await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(5) }));
  assertEquals([json.success, json.message], [true, "applied"]);

  const row = await contractRow(stack, contract.id);
  assertEquals([row.status, row.zoho_deal_id], ["active", dealId]);
  assertEquals(
    row.last_synced_at instanceof Date && row.last_synced_at > new Date(Date.now() - 60_000),
    true,
  );
  const [event] = await eventsOf(stack, dealId);
  assertEquals([event?.id, event?.status, event?.contract_id, event?.attempts], [
    json.eventId,
    "applied",
    contract.id,
    1,
  ]);
  assertEquals([event?.source, event?.module, event?.operation], ["signed", "Deals", "update"]);
  const mapping = await mappingOf(stack, contract);
  assertEquals((mapping.snapshot as Record<string, unknown>).Stage, "Closed Won");
  assertEquals((mapping.zoho_modified_at as Date).toISOString(), new Date(at(5)).toISOString());
  const logs = await inwardLogs(stack, contract);
  assertEquals(logs.map((log) => [log.entity_type, log.zoho_entity_type, log.zoho_entity_id, log.status]), [
    ["contract", "Deals", dealId, "success"],
  ]);
  assertEquals(await queueRow(stack, contract), undefined);
});

Deno.test("a contract that waits for signatures does not become a draft when its Deal is in Negotiation", async () => {
  for (const status of ["pending_signature", "partially_signed"]) {
    const { contract, dealId } = await link(stack, { status, stage: "Qualification" });
    await deliver(stack, edited(dealId, { Stage: "Negotiation/Review", Modified_Time: at(5) }));
    assertEquals(await statusOf(stack, contract), status);
    await deliver(stack, edited(dealId, { Stage: "Proposal/Price Quote", Modified_Time: at(6) }));
    assertEquals(await statusOf(stack, contract), "draft");
  }
});

Deno.test("an empty stage was left out by the sender and moves nothing", async () => {
  const { contract, dealId } = await link(stack, { status: "active", stage: "Closed Won" });
  for (const [index, stage] of ["", "  ", "-", null, "-None-"].entries()) {
    await deliver(stack, edited(dealId, { Stage: stage, Modified_Time: at(index + 1) }));
  }
  assertEquals(await statusesOf(stack, dealId), ["ignored", "ignored", "ignored", "ignored", "ignored"]);
  assertEquals(await statusOf(stack, contract), "active");
  const { snapshot } = await mappingOf(stack, contract);
  assertEquals((snapshot as Record<string, unknown>).Stage, "Closed Won");
});

Deno.test("a stage nobody knows is taken note of and changes nothing, even one named like a part of every object", async () => {
  const { contract, dealId } = await link(stack, { status: "active", stage: "Closed Won" });
  for (
    const [index, stage] of ["On Hold", "constructor", "__proto__", "'; drop table contracts; --"].entries()
  ) {
    await deliver(stack, edited(dealId, { Stage: stage, Modified_Time: at(index + 1) }));
    const { snapshot } = await mappingOf(stack, contract);
    assertEquals((snapshot as Record<string, unknown>).Stage, stage);
  }
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("the words of a workflow rule, of a notification and of a script mean the same", async () => {
  const { contract, dealId } = await link(stack);
  const words = ["create", "CREATED", "insert", "add", "edit", "Update", "updated", "modify"];
  for (const [index, word] of words.entries()) {
    const stage = index % 2 === 0 ? "Closed Won" : "Closed Lost";
    await deliver(stack, edited(dealId, { Stage: stage, Modified_Time: at(index + 1) }, word));
    assertEquals(await statusOf(stack, contract), index % 2 === 0 ? "active" : "terminated", word);
  }
});
