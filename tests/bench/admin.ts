import { startStack } from "../../local/stack.ts";
import type { Bench } from "./bench.ts";
import { type AdminSize, fillForOperators, fillSearch } from "../support/fill_admin.ts";
import { type Figure, goal, median, ms } from "../support/figures.ts";

/** The longest time a page may take. */
const goalMs = 300;
const warmRounds = 2;
const rounds = 10;

const day = (daysAgo: number) =>
  encodeURIComponent(new Date(Date.now() - daysAgo * 86_400_000).toISOString());

/** Every read of the dashboard's pages, as it asks for them. */
const routes = (contractId: string, after: string): Record<string, string> => ({
  "the overview": "/status",
  "the queue's first page": "/queue",
  "its dead letters, 200": "/queue?status=dead&limit=200",
  "compliance in the queue, 200": "/queue?lane=0&limit=200",
  problems: "/problems",
  "one cause": "/problems/items?code=BAD_SOURCE",
  "a contract with its history": "/contract?number=CT-2026-4242",
  "the history alone, 200": `/history?entityType=contract&id=${contractId}&limit=200`,
  events: "/events",
  "failed events": "/events?status=failed",
  "events of one day two months ago": `/events?from=${day(60)}&to=${day(59)}`,
  "events after the first page": `/events?after=${after}`,
  "events with those that told nothing new": "/events?nothingNew=true",
  "events of one contract by its number": "/events?text=ct-2026-4242",
  attempts: "/attempts",
  "failed attempts, 200": "/attempts?status=failed&limit=200",
  "attempts of one fault": "/attempts?text=INVALID_DATA",
  "attempts of one contract by its number": "/attempts?text=ct-2026-4242",
  "attempts of one day two months ago": `/attempts?from=${day(60)}&to=${day(59)}`,
  "failures, 200": "/problems/items?limit=200",
  "failures of one contract by its number": "/problems/items?text=ct-2026-4250",
  incidents: "/incidents",
  "who did what": "/actions",
  runs: "/runs",
  notices: "/notices",
  settings: "/settings",
  alerts: "/alerts",
});

/** Each read over HTTP through the gateway, with years of rows behind it. */
export async function adminReads(bench: Bench, size: AdminSize): Promise<Figure[]> {
  const stack = await startStack({
    clusterUrl: bench.clusterUrl,
    cron: false,
    net: false,
    zoho: false,
    functions: ["zoho-admin"],
  });
  bench.started.defer(() => stack.stop());
  await fillForOperators(stack.sql, size);
  await fillSearch(stack.sql);
  const [contract] = await stack.sql`select id from public.contracts where contract_number = 'CT-2026-4242'`;
  const [last] = await stack.sql`select max(seq) - 50 as seq from public.zoho_webhook_events`;
  const base = `${stack.apiUrl}/functions/v1/zoho-admin`;
  const read = async (path: string): Promise<void> => {
    const response = await fetch(base + path, { headers: { apikey: stack.secretKey } });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 200)}`);
  };
  const figures: Figure[] = [];
  for (const [what, path] of Object.entries(routes(String(contract?.id), String(last?.seq)))) {
    const took: number[] = [];
    for (let round = 0; round < warmRounds + rounds; round++) {
      const startedAtMs = performance.now();
      await read(path);
      if (round >= warmRounds) took.push(performance.now() - startedAtMs);
    }
    const slowest = Math.max(...took);
    figures.push({
      what,
      measured: `${ms(median(took))}, slowest ${ms(slowest)}`,
      beside: goal(slowest < goalMs, `< ${goalMs} ms`),
    });
  }
  return figures;
}
