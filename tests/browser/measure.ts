import type { Page } from "playwright-core";
import { serveDashboard } from "../../local/dashboard.ts";
import { seedAdmin } from "../../local/dashboard_admin.ts";
import { ensureDashboard } from "../../local/dashboard_build.ts";
import { createTemplate } from "../../local/database.ts";
import { startPostgres } from "../../local/postgres.ts";
import { startStack } from "../../local/stack.ts";
import { fillForOperators, fillSearch, yearsOfWork } from "../support/fill_admin.ts";
import { loadedBytes } from "../support/loaded_bytes.ts";
import { describeMachine } from "../support/machine.ts";
import { type Figure, goal, median, ms, printTable } from "../support/figures.ts";
import { launchChromium } from "./chromium.ts";
import { heading, signIn } from "./context.ts";

// `deno task bench:pages`: from the click to the page's data on the screen, in a real Chromium, with 100,000 contracts
// and 1,000,000 log rows behind it. Nothing that was read before is remembered: every round begins with a reload.

const goalMs = 300;
const rounds = 7;

const pages: [hash: string, title: string][] = [
  ["#/queue", "Queue"],
  ["#/queue?status=dead", "Queue"],
  ["#/problems", "Problems"],
  ["#/contract/CT-2026-4242", "CT-2026-4242"],
  ["#/events", "Events"],
  ["#/events?status=failed", "Events"],
  ["#/events?text=CT-2026-4242", "Events"],
  ["#/attempts", "Attempts"],
  ["#/attempts?text=CT-2026-4242", "Attempts"],
  ["#/backfill", "Backfill"],
  ["#/reconcile", "Reconcile"],
  ["#/alerts", "Alerts"],
  ["#/activity", "Activity"],
  ["#/settings", "Settings"],
];

/** Milliseconds until a frame shows the page with its title and nothing of it is loading any more; rejects after half a minute. */
function toReady(page: Page, hash: string, title: string): Promise<number> {
  return page.evaluate(`new Promise((resolve, reject) => {
    const begin = performance.now();
    const look = () => {
      const shown = document.querySelector("h1")?.textContent === ${JSON.stringify(title)};
      if (shown && !document.querySelector("main .skeleton")) resolve(performance.now() - begin);
      else if (performance.now() - begin > 30_000) reject(new Error(${
    JSON.stringify(`${hash} is not ready`)
  }));
      else requestAnimationFrame(look);
    };
    location.hash = ${JSON.stringify(hash)};
    requestAnimationFrame(look);
  })`);
}

async function atOverview(page: Page): Promise<number> {
  await page.evaluate("location.hash = '#/overview'");
  const begin = performance.now();
  await page.reload();
  await heading(page, "Overview").waitFor();
  await page.getByRole("region", { name: "Health" }).waitFor();
  return performance.now() - begin;
}

function figure(
  what: string,
  took: number[],
  beside = goal(median(took) < goalMs, `< ${goalMs} ms`),
): Figure {
  return { what, measured: `${ms(median(took))}, slowest ${ms(Math.max(...took))}`, beside };
}

await ensureDashboard(console.log);
const size = yearsOfWork;
console.log(`${size.contracts} contracts, ${size.logs} log rows, ${size.events} events are made …`);
const cluster = await startPostgres();
await createTemplate(cluster.adminUrl, "stack");
const stack = await startStack({
  clusterUrl: cluster.adminUrl,
  cron: false,
  zoho: false,
  net: false,
  functions: ["zoho-admin"],
});
try {
  await fillForOperators(stack.sql, size);
  await fillSearch(stack.sql);
  await seedAdmin(stack);
  const { apiUrl: supabaseUrl, publishableKey } = stack;
  const dashboard = serveDashboard({ port: 0, config: { supabaseUrl, publishableKey, realtime: false } });
  const browser = await launchChromium();
  const page = await browser.newPage({ baseURL: dashboard.url, viewport: { width: 1280, height: 800 } });
  await page.goto("/");
  await signIn(page);
  await heading(page, "Overview").waitFor();
  await atOverview(page);

  const figures: Figure[] = [];
  const opened: number[] = [];
  for (let round = 0; round < rounds; round++) opened.push(await atOverview(page));
  figures.push(figure("the overview, from opening its address", opened, "with its script, read anew"));
  for (const [hash, title] of pages) {
    const took: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await atOverview(page);
      took.push(await toReady(page, hash, title));
    }
    figures.push(figure(hash, took));
  }
  console.log(await describeMachine(stack.sql));
  printTable("pages", figures);
  const { total, parts } = await loadedBytes();
  console.log(`What a page loads, gzipped: ${total} bytes (${parts.join(", ")})`);
  await browser.close();
  await dashboard.stop();
} finally {
  await stack.stop();
  await cluster.stop();
}
Deno.exit(0); // the browser's pipes would keep the process
