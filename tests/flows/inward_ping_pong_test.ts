import { assert, assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { until } from "../support/until.ts";
import { eventsOf, tellChanges, webhookEnv } from "../support/webhook.ts";
import { disagreementOf } from "../support/agreement.ts";
import { openQuestionsOf, quiet, soldAndTold, statusOf } from "../support/linked.ts";
import { queueRow, syncState } from "../support/queue.ts";
import { dealOf } from "../support/sale.ts";
import { startQuietStack } from "../support/stack.ts";
import { bookmark } from "../support/zoho_calls.ts";

// Both sides edit the same contract in turn, for long.

const edits = 400;
/** Edits at the same moment are looked at together; fewer say as much. */
const editsAtOnce = 200;

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    functions: ["zoho-sync", "zoho-webhook"],
    functionEnv: webhookEnv,
  });
  // Without its time: the turns take Zoho's clock further than a signature may be off.
  await tellChanges(stack, "body");
});
Deno.test.afterAll(() => stack.stop());

/** In turn: a seller's move and what it makes of the contract, CircleTel's status and the stage it makes. */
const moves: [stage: string, becomes: string][] = [["Closed Won", "active"], ["Closed Lost", "terminated"]];
const statuses: [status: string, becomes: string][] = [
  ["draft", "Proposal/Price Quote"],
  ["pending_signature", "Negotiation/Review"],
];

Deno.test(`${edits} edits on both sides in turn end in agreement, with no more writes than edits`, async () => {
  const { contract, dealId } = await soldAndTold(stack);
  const mark = await bookmark(stack);
  const setStatus = (status: string) =>
    stack.sql`update public.contracts set status = ${status} where id = ${contract.id}`;
  const seen = async () => ({
    deal: await dealOf(stack, contract),
    queued: await queueRow(stack, contract),
    hints: (await eventsOf(stack, dealId)).slice(-3),
    asked: await openQuestionsOf(stack, contract),
    state: await syncState(stack),
  });
  for (let turn = 0; turn < edits / 2; turn++) {
    const [stage = "", active = ""] = moves[turn % 2] ?? [];
    await stack.zoho.edit("Deals", dealId, { Stage: stage, Next_Step: `turn ${turn}` });
    await until(async () => await statusOf(stack, contract) === active, {
      what: `turn ${turn}: ${active}`,
      everyMs: 2,
      seen,
    });
    // A stage is written when the Deal has rested for a second.
    await stack.zoho.advanceClock(2_000);
    const [status = "", wanted = ""] = statuses[turn % 2] ?? [];
    await setStatus(status);
    await until(async () => (await stack.zoho.record("Deals", dealId)).Stage === wanted, {
      what: `turn ${turn}: ${wanted}`,
      everyMs: 2,
      seen,
    });
  }
  await quiet(stack, [{ contract, dealId }]);
  assertEquals([await statusOf(stack, contract), (await dealOf(stack, contract)).Stage], [
    "pending_signature",
    "Negotiation/Review",
  ]);
  const { changes } = await stack.zoho.changes({ since: mark.changes });
  const outward = changes.filter(({ id, by }) => id === dealId && by === "api").length;
  assertEquals(outward, edits / 2, "one for each of ours");
});

Deno.test(`${editsAtOnce} concurrent edits on both sides end in agreement, with no more writes than edits`, async () => {
  const { contract, dealId } = await soldAndTold(stack);
  const mark = await bookmark(stack);
  const stages = ["Closed Won", "Negotiation/Review", "Closed Lost", "Proposal/Price Quote"];
  const wanted = ["draft", "pending_signature", "fully_signed", "terminated"];
  for (let turn = 0; turn < editsAtOnce / 2; turn++) {
    await Promise.all([
      stack.zoho.edit("Deals", dealId, {
        Stage: stages[turn % stages.length] ?? "",
        Next_Step: `turn ${turn}`,
      }),
      stack.sql`update public.contracts set status = ${
        wanted[(turn * 3 + 1) % 4] ?? ""
      } where id = ${contract.id}`,
    ]);
  }
  await quiet(stack, [{ contract, dealId }]);
  assertEquals(await disagreementOf(stack, contract), null);
  const { changes } = await stack.zoho.changes({ since: mark.changes });
  const outward = changes.filter(({ id, by }) => id === dealId && by === "api").length;
  assert(outward <= editsAtOnce, `${outward} writes`);
});
