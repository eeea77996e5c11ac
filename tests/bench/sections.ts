import { adminReads } from "./admin.ts";
import { backfillBesideLive } from "./backfill.ts";
import { type Bench, benchDatabase, benchStack } from "./bench.ts";
import { blastRadius } from "./blast_radius.ts";
import { engine } from "./engine.ts";
import { webhookLatency, webhookThroughput } from "./inward.ts";
import { callsPerThousand, commitToDeal, doorbells, throughput } from "./outward.ts";
import { callsForLines } from "./lines.ts";
import { callsForNewContracts } from "./new_contracts.ts";
import { reconcileCosts } from "./reconcile.ts";
import { installationCosts } from "./scale/costs.ts";
import { searches } from "./search.ts";
import { sizeCosts } from "./size.ts";
import { simulatorCosts } from "./simulator.ts";
import { coldStarts } from "./start.ts";
import { contractsInZoho } from "./support.ts";
import type { Figure } from "../support/figures.ts";
import { triggerCost } from "./triggers.ts";

/** One table each. */
export type Section = (bench: Bench) => Promise<Figure[]>;

export const sections: Record<string, Section> = {
  triggers: async (bench) => {
    const connect = await benchDatabase(bench);
    return await triggerCost(connect(2), bench.sizes.triggerRounds);
  },
  outward: async (bench) => {
    const stack = await benchStack(bench);
    const { contracts, edits } = bench.sizes;
    await contractsInZoho(stack, contracts);
    return [
      ...await callsPerThousand(stack),
      ...await commitToDeal(stack, edits),
      ...await throughput(stack, contracts),
      ...await doorbells(stack),
    ];
  },
  "new-contracts": async (bench) => await callsForNewContracts(await benchStack(bench)),
  lines: async (bench) => await callsForLines(await benchStack(bench, ["quote", "invoice", "customer"])),
  inward: async (bench) => {
    const stack = await benchStack(bench);
    const { contracts, calls, events } = bench.sizes;
    await contractsInZoho(stack, contracts);
    return [...await webhookLatency(stack, calls), ...await webhookThroughput(stack, events)];
  },
  backfill: async (bench) => await backfillBesideLive(await benchStack(bench), bench.sizes.backfill),
  engine: async (bench) => await engine(await benchStack(bench), bench.sizes.engine),
  reconcile: async (bench) => await reconcileCosts(await benchStack(bench), bench.sizes.reconciled),
  size: (bench) => sizeCosts(bench, bench.sizes.size),
  scale: (bench) => installationCosts(bench, bench.sizes.installations),
  admin: (bench) => adminReads(bench, bench.sizes.admin),
  "blast-radius": async (bench) =>
    await blastRadius(await benchStack(bench, ["contract", "quote", "customer"]), bench.sizes.edits),
  search: (bench) => searches(bench, bench.sizes.searched),
  simulator: async (bench) => await simulatorCosts((await benchStack(bench)).zohoUrl, bench.sizes.simulated),
  start: (bench) => coldStarts(bench.started, bench.sizes.starts),
};
