import { assert } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import { Random } from "../support/random.ts";
import { stageAgrees } from "../../supabase/functions/_shared/mapping/stage.ts";
import type { ContractStatus } from "../../supabase/functions/_shared/mapping/types.ts";
import { clusterUrl } from "../support/cluster.ts";
import { until } from "../support/until.ts";
import { tellChanges, webhookEnv } from "../support/webhook.ts";
import { openWorkOf, quiet, soldAndTold, statusOf } from "../support/linked.ts";
import { dealOf } from "../support/sale.ts";
import { quickNet } from "../support/stack.ts";

// A property: whatever is changed on either side, in whatever order it is told, both sides agree once it is quiet.
// TEST_SEED=n repeats one run.

const seeds = Deno.env.has("TEST_SEED")
  ? [Number(Deno.env.get("TEST_SEED"))]
  : [1, 2, 3, 4, 5, Math.floor(Math.random() * 1e9)];
const stepsPerRun = 40;
const dealsPerRun = 3;

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({
    clusterUrl,
    cron: false,
    net: quickNet,
    functions: ["zoho-sync", "zoho-webhook", "zoho-admin"],
    functionEnv: webhookEnv,
  });
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(() => stack.zoho.clearFaults());

const stages = [
  "Qualification",
  "Proposal/Price Quote",
  "Negotiation/Review",
  "Closed Won",
  "Closed Lost",
  "Closed Lost to Competition",
];
const statuses: ContractStatus[] = [
  "draft",
  "pending_signature",
  "partially_signed",
  "fully_signed",
  "active",
  "terminated",
  "expired",
];

for (const seed of seeds) {
  Deno.test(`any sequence of edits, told twice, late and out of order, ends in agreement (TEST_SEED=${seed})`, async () => {
    const random = new Random(seed);
    await tellChanges(stack, "body");
    const deals = [];
    for (let each = 0; each < dealsPerRun; each++) {
      deals.push(await soldAndTold(stack, { contract: { status: random.pick(statuses) } }));
    }
    const story: string[] = [];
    await stack.zoho.addFaults(
      { kind: "callback_duplicate", rate: 0.3 },
      { kind: "callback_reorder", rate: 0.3 },
      { kind: "callback_delay", rate: 0.5, jitterMs: random.pick([0, 30, 200]) },
    );
    for (let step = 0; step < stepsPerRun; step++) {
      const { contract, dealId } = random.pick(deals);
      const act = random.pick([
        "move",
        "move",
        "status",
        "status",
        "amount",
        "drift",
        "wait",
        "second",
      ]);
      story.push(`${act} ${dealId.slice(-3)}`);
      if (act === "move") {
        const Stage = random.pick(stages);
        story.push(Stage);
        await stack.zoho.edit("Deals", dealId, { Stage, Next_Step: `step ${step}` });
      } else if (act === "status") {
        const status = random.pick(statuses);
        story.push(status);
        await stack.sql`update public.contracts set status = ${status} where id = ${contract.id}`;
      } else if (act === "amount") {
        await stack.sql`update public.contracts set total_contract_value = ${step} where id = ${contract.id}`;
      } else if (act === "drift") {
        await stack.zoho.edit("Deals", dealId, { KYC_Status: "Declined", Amount: 100_000 + step });
      } else if (act === "second") {
        await stack.zoho.advanceClock(1_000);
      } else {
        await quiet(stack, deals);
      }
    }
    await quietWithSweep(deals);
    for (const { contract } of deals) {
      const [status, deal] = [await statusOf(stack, contract), await dealOf(stack, contract)];
      const stage = String(deal.Stage);
      const said = `${contract.contract_number} is ${status}, its Deal ${stage}\n${story.join(", ")}`;
      assert(stageAgrees(status as ContractStatus, stage), said);
      const [row] = await stack.sql`
        select total_contract_value::float8 as amount from public.contracts where id = ${contract.id}
      `;
      assert(deal.Amount === row?.amount, `Amount ${deal.Amount}, not ${row?.amount}\n${said}`);
      assert(deal.KYC_Status === "Completed", `KYC_Status ${deal.KYC_Status}\n${said}`);
    }
  });
}

/** Waits until nothing is open; the sweep picks up what was left open for a minute. */
async function quietWithSweep(deals: { contract: { id: string }; dealId: string }[]): Promise<void> {
  const ids = deals.map(({ dealId }) => dealId);
  const seen = () => openWorkOf(stack, deals);
  await until(async () => {
    if (await seen() === null) return true;
    await stack.sql`
      update public.zoho_webhook_events set received_at = received_at - interval '2 minutes'
      where record_ids && ${ids} and status = 'received'
    `;
    await stack.invoke("zoho-admin/sweep");
  }, { what: "nothing open", everyMs: 500, seen });
}
