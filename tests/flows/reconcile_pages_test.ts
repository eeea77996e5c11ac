import { assert, assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { contractsKnownInZoho, numberOf } from "../support/known_contracts.ts";
import { until } from "../support/until.ts";
import { webhookEnv } from "../support/webhook.ts";
import { readReconcileReport, reconcileAll, reportWhenEnded, start } from "./reconcile_steps.ts";
import { startQuietStack } from "../support/stack.ts";
import { bookmark } from "../support/zoho_calls.ts";

// More records than one page, than pages by number reach, and than one step works; killed steps and old page tokens.

const deals = 2_500;
/** The contract of the business that the contracts are made from. */
const all = deals + 1;

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    functions: ["zoho-sync", "zoho-admin"],
    functionEnv: webhookEnv,
  });
  await contractsKnownInZoho(stack, deals);
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(() => stack.zoho.clearFaults());

async function pagesSince(mark: { calls: number }): Promise<{ lists: number; queries: number }> {
  const calls = (await stack.zoho.calls(mark.calls)).filter(({ status }) => status > 0);
  return {
    lists: calls.filter(({ method, path }) => method === "GET" && path.endsWith("/Deals")).length,
    queries: calls.filter(({ path }) => path.endsWith("/coql")).length,
  };
}

Deno.test("records beyond the first 2,000 are read with the page token", async () => {
  const mark = await bookmark(stack);
  const { counts, run } = await reconcileAll(stack);
  assertEquals(counts, { match: all, differs: 0, missing: 0, extra: 0, queued: 0 });
  assertEquals(await pagesSince(mark), { lists: 13, queries: 0 });
  assertEquals([run.kind, run.steps], ["full", 1]);
  assert(run.credits < 25, `${run.credits} credits`);
});

Deno.test("an incremental run reads only what changed", async () => {
  await reconcileAll(stack);
  const [changed] = await stack.sql<{ zoho_deal_id: string }[]>`
    select zoho_deal_id from public.contracts where contract_number = ${numberOf(7)}`;
  // The overlap is ten minutes: what was made within those before the last run is not to come again.
  await stack
    .sql`update public.zoho_reconcile_runs set started_at = now() + interval '30 minutes' where true`;
  await stack.zoho.advanceClock(45 * 60_000);
  await stack.zoho.edit("Deals", changed?.zoho_deal_id ?? "", { RICA_Status: "Rejected" });
  try {
    const { counts, run, items } = await reconcileAll(stack, { kind: "incremental" });
    assertEquals([run.kind, counts.differs, counts.match], ["incremental", 1, 0]);
    assertEquals(items.map(({ reference }) => reference), [numberOf(7)]);
    assert(run.calls < 10, `${run.calls} calls`);
  } finally {
    await stack.zoho.edit("Deals", changed?.zoho_deal_id ?? "", { RICA_Status: "Approved" });
  }
});

Deno.test("a killed step costs its page; the next one goes on where it stopped", async () => {
  const mark = await bookmark(stack);
  // The sixth page never comes.
  await stack.zoho.addFaults({ match: { method: "GET", path: "/Deals$" }, kind: "latency", ms: 150 });
  const run = await start(stack);
  await until(async () => (await pagesSince(mark)).lists >= 5, { what: "five pages" });
  await stack.functions.kill("zoho-admin");
  await stack.zoho.clearFaults();
  const before = (await pagesSince(mark)).lists;
  await stack
    .sql`update public.zoho_reconcile_runs set lease_until = now() - interval '1 second' where id = ${run}`;
  await stack.functions.restart("zoho-admin");
  await stack.cron.runJobNow("zoho-reconcile-sweep");
  const { counts, run: { steps } } = await reportWhenEnded(stack, run);
  assertEquals(counts, { match: all, differs: 0, missing: 0, extra: 0, queued: 0 });
  assertEquals(steps, 2);
  assert(
    (await pagesSince(mark)).lists <= Math.max(before, 6) + 13 - before + 2,
    "the pages were read again",
  );
});

Deno.test("an expired page token is followed by COQL from the last id", async () => {
  const mark = await bookmark(stack);
  await stack.zoho.addFaults({ match: { method: "GET", path: "/Deals$" }, kind: "latency", ms: 100 });
  const run = await start(stack);
  await until(async () => (await pagesSince(mark)).lists >= 4, { what: "four pages" });
  // A day and a little: the access token grows old as well.
  await stack.zoho.advanceClock(25 * 60 * 60 * 1000);
  await stack.zoho.clearFaults();
  const { counts } = await reportWhenEnded(stack, run);
  assertEquals(counts, { match: all, differs: 0, missing: 0, extra: 0, queued: 0 });
  assert((await pagesSince(mark)).queries >= 7, "COQL was not asked");
  assertEquals((await readReconcileReport(stack)).run.status, "finished");
});
