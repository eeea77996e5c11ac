import { assert, assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { isAgreement } from "../../supabase/functions/_shared/merge/stage_rules.ts";
import type { ContractStatus } from "../../supabase/functions/_shared/mapping/types.ts";
import { plainRules } from "../support/agreement.ts";
import type { Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import {
  deliver,
  edited,
  eventsOf,
  inwardLogs,
  statusesOf,
  tellChanges,
  webhookEnv,
} from "../support/webhook.ts";
import { contractRow, mappingOf, openQuestionsOf, quiet, soldAndTold, statusOf } from "../support/linked.ts";
import { dealOf, type SaleValues } from "../support/sale.ts";
import { startQuietStack } from "../support/stack.ts";
import { bookmark, writesOf } from "../support/zoho_calls.ts";
import { queueRow, settled, undrained } from "../support/queue.ts";

// Both ways at once: Zoho tells every change of a Deal, our own among them, as the Deluge function that we ship would.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    functions: ["zoho-sync", "zoho-webhook"],
    functionEnv: webhookEnv,
  });
  await tellChanges(stack);
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(async () => {
  await stack.zoho.clearFaults();
  await tellChanges(stack);
});

const sold = (values?: SaleValues) => soldAndTold(stack, values);
const quietly = (contract: Row, dealId: string) => quiet(stack, [{ contract, dealId }]);

Deno.test("a seller's stage move becomes the contract's status", async () => {
  const { contract, dealId } = await sold();
  const mark = await bookmark(stack);
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  await until(async () => await statusOf(stack, contract) === "active", { what: "active" });
  await quietly(contract, dealId);
  assertEquals((await writesOf(stack, dealId, mark)).length, 1, "the seller's own and none of ours");
});

Deno.test("our own write comes back as an echo: nothing is written, nothing changes", async () => {
  const { contract, dealId } = await sold();
  const mark = await bookmark(stack);
  await stack.sql`
    update public.contracts set status = 'fully_signed', fully_signed_date = now() where id = ${contract.id}
  `;
  await settled(stack, contract);
  await until(async () => (await statusesOf(stack, dealId)).length === 2, { what: "the echo" });
  await quietly(contract, dealId);
  assertEquals((await statusesOf(stack, dealId)).at(-1), "nothing_new");
  assertEquals((await dealOf(stack, contract)).Stage, "Closed Won");
  assertEquals(await statusOf(stack, contract), "fully_signed");
  assertEquals((await writesOf(stack, dealId, mark)).length, 1);
  assertEquals(await inwardLogs(stack, contract), []);
});

for (const sign of ["timestamp", "body"] as const) {
  Deno.test(`an echo that comes before its write is settled, twice and late, changes nothing (signs the ${sign})`, async () => {
    await tellChanges(stack, sign);
    const { contract, dealId } = await sold();
    const mark = await bookmark(stack);
    const told = (await eventsOf(stack, dealId)).length;
    await stack.zoho.addFaults(
      // The answer drips in over half a second, long after the callback.
      { match: { method: "PUT", module: "Deals" }, kind: "slow_drip", ms: 500, times: 1 },
      { kind: "callback_duplicate", match: { module: "Deals" }, times: 1 },
    );
    await stack.sql`
      update public.contracts set status = 'fully_signed', fully_signed_date = now() where id = ${contract.id}
    `;
    await until(async () => (await eventsOf(stack, dealId)).length > told, { what: "the early echo" });
    assertEquals((await queueRow(stack, contract))?.status, "in_flight", "the write is not settled");
    await quietly(contract, dealId);
    assertEquals(new Set((await statusesOf(stack, dealId)).slice(told)), new Set(["nothing_new"]));

    // And once more, long after.
    await stack.zoho.addFaults({ kind: "callback_delay", match: { module: "Deals" }, ms: 700, times: 1 });
    await stack.sql`update public.contracts set total_contract_value = 77 where id = ${contract.id}`;
    await settled(stack, contract);
    await quietly(contract, dealId);
    assertEquals(await statusOf(stack, contract), "fully_signed");
    assertEquals((await writesOf(stack, dealId, mark)).length, 2);
    assertEquals(await inwardLogs(stack, contract), []);
  });
}

Deno.test("an echo of a write whose answer was lost changes nothing", async () => {
  const { contract, dealId } = await sold();
  await stack.zoho.addFaults({ match: { method: "PUT", module: "Deals" }, kind: "drop_reply", times: 1 });
  await stack.sql`
    update public.contracts set status = 'fully_signed', fully_signed_date = now() where id = ${contract.id}
  `;
  await until(async () => (await dealOf(stack, contract)).Stage === "Closed Won", { what: "the write" });
  await quietly(contract, dealId);
  assertEquals(await statusOf(stack, contract), "fully_signed");
});

Deno.test("a seller's move from Proposal to Negotiation stays, also when CircleTel writes afterwards", async () => {
  const { contract, dealId } = await sold();
  await stack.zoho.edit("Deals", dealId, { Stage: "Negotiation/Review" });
  await until(async () => (await statusesOf(stack, dealId)).length === 2, { what: "the event" });
  await stack.sql`update public.contracts set total_contract_value = 500 where id = ${contract.id}`;
  await settled(stack, contract);
  await quietly(contract, dealId);
  const deal = await dealOf(stack, contract);
  assertEquals([deal.Stage, deal.Amount], ["Negotiation/Review", 500]);
  assertEquals(await statusOf(stack, contract), "draft");
});

Deno.test("a contract that waits for signatures keeps its status when its Deal moves to Negotiation", async () => {
  const { contract, dealId } = await sold({ contract: { status: "pending_signature" } });
  assertEquals((await dealOf(stack, contract)).Stage, "Negotiation/Review");
  await stack.zoho.edit("Deals", dealId, { Stage: "Qualification" });
  await stack.zoho.edit("Deals", dealId, { Stage: "Negotiation/Review" });
  await quietly(contract, dealId);
  assertEquals(await statusOf(stack, contract), "pending_signature");
});

Deno.test("compliance values and the amount edited in Zoho are put back, and never reach CircleTel's tables", async () => {
  const { contract, dealId } = await sold();
  const tables = async () => {
    const rows = await stack.sql<{ row: string }[]>`
      select to_jsonb(k)::text as row from public.kyc_sessions k union all
      select to_jsonb(r)::text from public.rica_submissions r union all
      select (to_jsonb(c) - 'last_synced_at' - 'updated_at')::text from public.contracts c order by 1
    `;
    return rows.map(({ row }) => row);
  };
  const [before, deal] = [await tables(), await dealOf(stack, contract)];
  const edits = {
    KYC_Status: "Declined",
    Risk_Tier: "High",
    RICA_Status: "Rejected",
    Amount: 1,
    KYC_Verified_Date: null,
  };
  await stack.zoho.edit("Deals", dealId, edits);
  await until(async () => (await dealOf(stack, contract)).KYC_Status === deal.KYC_Status, {
    what: "put back",
  });
  await quietly(contract, dealId);
  const after = await dealOf(stack, contract);
  for (const field of Object.keys(edits)) assertEquals(after[field], deal[field], field);
  assertEquals(await tables(), before);
  const [log] = await inwardLogs(stack, contract);
  const { drift } = log?.response_payload as { drift: Record<string, unknown> };
  assertEquals(drift.KYC_Status, { zoho: "Declined", circletel: "Completed" });
  assertEquals(drift.Amount, { zoho: 1, circletel: deal.Amount ?? null });
});

Deno.test("a Deal that a seller deletes leaves its contract unchanged, marked and with a question", async () => {
  const { contract, dealId } = await sold();
  await stack.zoho.delete("Deals", dealId);
  await until(async () => (await mappingOf(stack, contract)).state === "deleted_in_zoho", {
    what: "the mark",
  });
  assertEquals((await contractRow(stack, contract.id)).status, "draft");
  const asked = (await openQuestionsOf(stack, contract)).map(({ kind, answers }) => [kind, answers]);
  assertEquals(asked, [["record_gone", ["make_again", "unlink"]]]);
});

Deno.test("a row changed and a stage moved at the same moment end in agreement", async () => {
  const { contract, dealId } = await sold();
  await stack.zoho.addFaults({
    match: { method: "PUT", module: "Deals" },
    kind: "latency",
    ms: 200,
    times: 1,
  });
  await stack.sql`update public.contracts set status = 'fully_signed' where id = ${contract.id}`;
  await until(async () => (await queueRow(stack, contract))?.status === "in_flight", { what: "in flight" });
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Lost" });
  await quietly(contract, dealId);
  const [status, { Stage }] = [await statusOf(stack, contract), await dealOf(stack, contract)];
  assert(status === "terminated" ? Stage === "Closed Lost" : Stage === "Closed Won", `${status}, ${Stage}`);
});

Deno.test("a value that a seller edits while ours is being written is put back", async () => {
  const { contract, dealId } = await sold();
  await stack.zoho.addFaults({
    match: { method: "PUT", module: "Deals" },
    kind: "slow_drip",
    ms: 300,
    times: 1,
  });
  await stack.sql`update public.contracts set total_contract_value = 700 where id = ${contract.id}`;
  // Ours is in Zoho and not yet settled.
  await until(async () => (await dealOf(stack, contract)).Amount === 700, { what: "our write" });
  await stack.zoho.edit("Deals", dealId, { Amount: 1 });
  await quietly(contract, dealId);
  assertEquals((await dealOf(stack, contract)).Amount, 700);
});

Deno.test("two moves within one second that arrive in the wrong order leave contract and Deal in agreement", async () => {
  const { contract, dealId } = await sold();
  await stack.zoho.changeSettings({ workflow: null });
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Lost" });
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  const { Modified_Time } = await dealOf(stack, contract);
  for (const Stage of ["Closed Won", "Closed Lost"]) {
    await deliver(stack, edited(dealId, { Stage, Modified_Time }));
  }
  await settled(stack, contract);
  const [status, { Stage }] = [await statusOf(stack, contract), await dealOf(stack, contract)];
  assert(isAgreement(status as ContractStatus, String(Stage), plainRules), `${status}, ${Stage}`);
});

Deno.test("a move in the same second as our write, reported late, leaves contract and Deal in agreement", async () => {
  const { contract, dealId } = await sold();
  await stack.sql`update public.contracts set status = 'fully_signed' where id = ${contract.id}`;
  await settled(stack, contract);
  await quietly(contract, dealId);
  const { Modified_Time } = await dealOf(stack, contract);
  await deliver(stack, edited(dealId, { Stage: "Closed Lost", Modified_Time }));
  await settled(stack, contract);
  const [status, { Stage }] = [await statusOf(stack, contract), await dealOf(stack, contract)];
  assert(isAgreement(status as ContractStatus, String(Stage), plainRules), `${status}, ${Stage}`);
});

Deno.test("two edits within one second that arrive in the wrong order do not hide a value to be put back", async () => {
  const { contract, dealId } = await sold();
  const { Amount } = await dealOf(stack, contract);
  await stack.zoho.changeSettings({ workflow: null });
  await stack.zoho.edit("Deals", dealId, { Next_Step: "first" });
  await stack.zoho.edit("Deals", dealId, { Amount: 1 });
  const { Modified_Time } = await dealOf(stack, contract);
  // No drain looks before both are reported.
  await undrained(stack, async () => {
    await deliver(stack, edited(dealId, { Amount: 1, Modified_Time }));
    await deliver(stack, edited(dealId, { Amount, Modified_Time }));
  });
  await settled(stack, contract);
  assertEquals((await dealOf(stack, contract)).Amount, Amount);
});
