import { assertEquals, fail } from "@std/assert";
import type { ReplayAnswer } from "../../supabase/functions/_shared/admin/answers.ts";
import { asked } from "../support/admin_calls.ts";
import { completeBackfill } from "../support/backfill.ts";
import { allInStep, openQuestionsOf, statusOf } from "../support/linked.ts";
import { queueEmpty } from "../support/queue.ts";
import { withStack } from "../support/stack.ts";
import { at, bothWays, deliver, edited, statusesOf } from "../support/webhook.ts";
import { bookmark } from "../support/zoho_calls.ts";

// A seller's edits while the sync observes: recorded, waiting, foretold, and acted upon when observing ends.

const edits: Record<string, string>[] = [
  // The stage asks for another status; it would undo a signature; the field is CircleTel's.
  { Stage: "Closed Lost" },
  { Stage: "Negotiation/Review" },
  { RICA_Status: "Rejected" },
];
interface Item {
  entityId: string;
  would: { sends: Record<string, unknown> | null; takesIn: string | null; asks: string[] } | null;
}

const functions = ["zoho-sync", "zoho-webhook", "zoho-admin"];

Deno.test("a hint while the sync observes changes nothing on either side, and its predicted effect follows afterwards", () =>
  withStack({ ...bothWays, functions, readFields: true }, async (stack) => {
    const { zoho } = stack;
    const sold = await allInStep(stack, edits.map(() => ({ contract: { status: "active" } })));
    await queueEmpty(stack);
    await asked(stack, "POST /observe", { on: true });
    const from = new Date(Date.now() - 60_000).toISOString();
    for (const [i, { dealId }] of sold.entries()) {
      await zoho.edit("Deals", dealId, edits[i] ?? {});
      await deliver(stack, edited(dealId, { ...edits[i], Modified_Time: at(3) }));
    }
    const mark = await bookmark(stack);
    await stack.invoke("zoho-sync", {});
    const to = new Date(Date.now() + 60_000).toISOString();
    const { results } = await asked<ReplayAnswer>(stack, "POST /replay", { from, to, dryRun: true });
    const dry = await completeBackfill(stack, { dryRun: true });
    const { items } = await asked<{ items: Item[] }>(stack, `GET /backfill/items?run=${dry.id}&limit=200`);
    const foretold = sold.map(({ contract: { id } }) => {
      const preview = results.find(({ entityId }) => entityId === id);
      const { would } = items.find(({ entityId }) => entityId === id) ?? fail("not planned");
      assertEquals([would?.takesIn, would?.asks], [preview?.takeIn, preview?.questions]);
      return { outcome: preview?.outcome, sends: would?.sends, takesIn: would?.takesIn, asks: would?.asks };
    });
    assertEquals(foretold, [
      { outcome: "applied", sends: null, takesIn: "terminated", asks: [] },
      { outcome: "question", sends: null, takesIn: null, asks: ["unsigned"] },
      { outcome: "put_back", sends: { RICA_Status: "Approved" }, takesIn: null, asks: [] },
    ]);
    assertEquals((await zoho.changes({ since: mark.changes })).changes, []);
    for (const { contract, dealId } of sold) {
      assertEquals(await statusOf(stack, contract), "active");
      assertEquals(await statusesOf(stack, dealId), ["received"]);
    }
    await asked(stack, "POST /observe", { on: false });
    await queueEmpty(stack);
    const done = await Promise.all(sold.map(async ({ contract, dealId }) => ({
      outcomes: await statusesOf(stack, dealId),
      status: await statusOf(stack, contract),
      asks: (await openQuestionsOf(stack, contract)).map(({ kind }) => kind),
      rica: (await zoho.record("Deals", dealId)).RICA_Status,
    })));
    assertEquals(done, [
      { outcomes: ["applied"], status: "terminated", asks: [], rica: "Approved" },
      { outcomes: ["question"], status: "active", asks: ["unsigned"], rica: "Approved" },
      { outcomes: ["put_back"], status: "active", asks: [], rica: "Approved" },
    ]);
  }));
