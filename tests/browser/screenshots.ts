import { join } from "node:path";
import type { Page } from "playwright-core";
import { serveDashboard } from "../../local/dashboard.ts";
import { LOCAL_ADMIN, seedAdmin } from "../../local/dashboard_admin.ts";
import { ensureDashboard } from "../../local/dashboard_build.ts";
import { startStack } from "../../local/stack.ts";
import { until } from "../support/until.ts";
import { launchChromium } from "./chromium.ts";
import { acts, badEvening, type Day, drift, goodDay } from "./sample_day.ts";
import { heading, open, signIn } from "./context.ts";

// `deno task screenshots`: every page, light and dark, with an invented day, into docs/images/. With `pngquant` on the
// path the files are a third of the size. The pictures of docs/ were taken with the font Inter installed.

const IMAGES = join(import.meta.dirname ?? "", "..", "..", "docs", "images");
const THEMES = ["light", "dark"] as const;

await ensureDashboard(console.log);
const closing = new AsyncDisposableStack();
const stack = await startStack({ cron: false, net: { pauseMs: 5 } });
closing.defer(() => stack.stop());
const adminId = await seedAdmin(stack);
const { apiUrl: supabaseUrl, publishableKey } = stack;
const dashboard = serveDashboard({ port: 0, config: { supabaseUrl, publishableKey, realtime: false } });
closing.defer(() => dashboard.stop());
const browser = await launchChromium();
closing.defer(() => browser.close());

async function newPage(colorScheme: "light" | "dark", width = 1280, height = 800): Promise<Page> {
  const context = await browser.newContext({
    baseURL: dashboard.url,
    viewport: { width, height },
    colorScheme,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  await page.goto("/");
  return page;
}

async function take(page: Page, name: string, fullPage = true): Promise<void> {
  const path = join(IMAGES, `dashboard-${name}.png`);
  // The pointer rests where it marks nothing.
  await page.mouse.move(0, 0);
  await page.screenshot({ path, fullPage });
  await pack(path);
  console.log(path);
}

async function pack(path: string): Promise<void> {
  const command = new Deno.Command("pngquant", {
    args: ["--force", "--skip-if-larger", "--quality=80-98", "--output", path, path],
  });
  try {
    await command.output();
  } catch {
    // Without pngquant the picture is there all the same, only larger.
  }
}

async function everyTheme(width: number, work: (page: Page, theme: string) => Promise<void>): Promise<void> {
  for (const theme of THEMES) {
    const page = await newPage(theme, width);
    await signIn(page);
    await heading(page, "Overview").waitFor();
    await work(page, theme);
    await page.context().close();
  }
}

for (const theme of THEMES) {
  const page = await newPage(theme);
  await page.getByLabel("E-mail").fill(LOCAL_ADMIN.email);
  await take(page, `sign-in-${theme}`);
  await page.context().close();
}

const day = await goodDay(stack);
await acts(stack, adminId);
await stack.invoke("zoho-admin/alerts/check", {});
await everyTheme(1280, async (page, theme) => {
  await page.getByText("Every change has been sent to Zoho.").waitFor();
  await take(page, `overview-${theme}`);
});

await drift(stack, day);
await stack.invoke("zoho-admin/reconcile", { kind: "full" });
await until(
  async () => {
    const [run] = await stack
      .sql`select status from public.zoho_reconcile_runs order by started_at desc limit 1`;
    return run?.status === "finished";
  },
  { what: "the comparison" },
);
await badEvening(stack, day);
await stack.invoke("zoho-admin/alerts/check", {});

const pages = (day: Day): [name: string, hash: string, title: string][] => {
  const [, second] = day.sales;
  const number = second ? day.numberOf(second) : "";
  return [
    ["queue", "#/queue", "Queue"],
    ["problems", "#/problems", "Problems"],
    ["contract", `#/contract/${number}`, number],
    ["attempts", "#/attempts", "Attempts"],
    ["events", "#/events", "Events"],
    ["reconcile", "#/reconcile", "Reconcile"],
    ["backfill", "#/backfill", "Backfill"],
    ["alerts", "#/alerts", "Alerts"],
    ["activity", "#/activity", "Activity"],
    ["settings", "#/settings", "Settings"],
  ];
};
await everyTheme(1280, async (page, theme) => {
  for (const [name, hash, title] of pages(day)) {
    await open(page, hash, title);
    if (name === "contract") {
      await page.getByRole("button", { name: "Read Zoho now" }).click();
      await page.getByRole("columnheader", { name: "Zoho now" }).waitFor();
    }
    await take(page, `${name}-${theme}`);
  }
  await open(page, "#/events?status=applied", "Events");
  await page.getByRole("rowheader").getByRole("link", { name: "Deals update" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Try it (dry run)" }).click();
  await page.getByText("Nothing was changed").waitFor();
  await take(page, `replay-${theme}`, false);
});
await everyTheme(390, async (page, theme) => {
  await open(page, "#/problems", "Problems");
  await take(page, `phone-${theme}`, false);
  const [second] = day.sales.slice(1);
  if (second) await open(page, `#/contract/${day.numberOf(second)}`, day.numberOf(second));
  await take(page, `phone-record-${theme}`);
});
await closing.disposeAsync();
Deno.exit(0); // the browser's pipes would keep the process open
