import postgres from "postgres";
import { createDatabase } from "../../local/database.ts";
import { startStack } from "../../local/stack.ts";
import { engine } from "./engine.ts";
import { webhookLatency, webhookThroughput } from "./inward.ts";
import { callsPerThousand, commitToDeal, doorbells, throughput } from "./outward.ts";
import type { Sizes } from "./sizes.ts";
import { sizeCosts } from "./size.ts";
import { coldStarts } from "./start.ts";
import { contractsInZoho } from "./support.ts";
import { printTable } from "./table.ts";
import { triggerCost } from "./triggers.ts";

/** One table each; what a section starts it stops, also when it fails. */
export type Section = (clusterUrl: string, sizes: Sizes) => Promise<void>;

export const sections: Record<string, Section> = {
  triggers: async (clusterUrl, { triggerRounds }) => {
    const database = await createDatabase(clusterUrl, "plain");
    const sql = postgres(database.url, { max: 2, onnotice() {} });
    try {
      printTable("Triggers", await triggerCost(sql, triggerRounds));
    } finally {
      await sql.end();
      await database.drop();
    }
  },
  outward: async (clusterUrl, { contracts, edits }) => {
    const stack = await startStack({ clusterUrl });
    try {
      await contractsInZoho(stack, contracts);
      printTable("Outward", [
        ...await callsPerThousand(stack),
        ...await commitToDeal(stack, edits),
        ...await throughput(stack, contracts),
        ...await doorbells(stack),
      ]);
    } finally {
      await stack.stop();
    }
  },
  inward: async (clusterUrl, { contracts, calls, events }) => {
    const stack = await startStack({ clusterUrl });
    try {
      await contractsInZoho(stack, contracts);
      printTable("Inward", [
        ...await webhookLatency(stack, calls),
        ...await webhookThroughput(stack, events),
      ]);
    } finally {
      await stack.stop();
    }
  },
  engine: async (clusterUrl, sizes) => printTable("Engine", await engine(clusterUrl, sizes.engine)),
  size: async (clusterUrl, sizes) => printTable("Size", await sizeCosts(clusterUrl, sizes.size)),
  start: async (_clusterUrl, { starts }) => printTable("Start", await coldStarts(starts)),
};
