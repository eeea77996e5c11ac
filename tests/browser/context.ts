import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { type Dashboard, serveDashboard } from "../../local/dashboard.ts";
import { type Account, LOCAL_ADMIN, seedAdmin } from "../../local/dashboard_admin.ts";
import type { DashboardConfig } from "../../local/dashboard_headers.ts";
import type { Stack, StackOptions } from "../../local/stack.ts";
import { webhookEnv } from "../support/webhook.ts";
import { startQuietStack } from "../support/stack.ts";
import { launchChromium } from "./chromium.ts";

/** A stack, the built page in front of it, an admin, and a browser. */
export interface PageContext {
  readonly stack: Stack;
  readonly dashboard: Dashboard;
  readonly browser: Browser;
  stop(): Promise<void>;
}

/** Patience for what another process does; the machine may be busy with other tests. */
export const PATIENCE_MS = Number(Deno.env.get("BROWSER_PATIENCE_MS")) || 180_000;

export async function openPageContext(
  options: StackOptions = {},
  config: Partial<DashboardConfig> = {},
): Promise<PageContext> {
  await using started = new AsyncDisposableStack();
  const stack = await startQuietStack({
    functionEnv: webhookEnv,
    ...options,
  });
  started.defer(() => stack.stop());
  await seedAdmin(stack);
  const dashboard = serveDashboard({
    port: 0,
    config: { supabaseUrl: stack.apiUrl, publishableKey: stack.publishableKey, realtime: false, ...config },
  });
  started.defer(() => dashboard.stop());
  const browser = await launchChromium();
  started.defer(() => browser.close());
  const parts = started.move();
  return { stack, dashboard, browser, stop: () => parts.disposeAsync() };
}

export interface Visit {
  page: Page;
  context: BrowserContext;
  /** What the console said that it should not have, and what the policy refused. */
  complaints: string[];
}

export interface VisitOptions extends BrowserContextOptions {
  /** Faults that the test causes on purpose, as they read in the console. */
  allow?: RegExp;
}

/** A browser of its own at the sign-in page. What the console complains about fails the test at its end. */
export async function visit(
  { browser, dashboard }: PageContext,
  { allow, ...options }: VisitOptions,
  test: (visit: Visit) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({
    baseURL: dashboard.url,
    viewport: { width: 1280, height: 800 },
    colorScheme: "light",
    locale: "en-ZA",
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    const complain = (text: string) => {
      if (!allow?.test(text)) complaints.push(text);
    };
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complain(message.text());
    });
    page.on("pageerror", (error) => complain(error.message));
    await page.goto("/");
    await test({ page, context, complaints });
    if (complaints.length > 0) throw new Error(`the console complained:\n${complaints.join("\n")}`);
  } finally {
    await context.close();
  }
}

export async function signIn(page: Page, { email, password }: Account = LOCAL_ADMIN): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** As visit, signed in as the admin and at the overview. */
export async function visitAsAdmin(
  context: PageContext,
  options: VisitOptions,
  test: (visit: Visit) => Promise<void>,
): Promise<void> {
  await visit(context, options, async (visit) => {
    await signIn(visit.page);
    await heading(visit.page, "Overview").waitFor();
    await test(visit);
  });
}

export function heading(page: Page, name: string) {
  return page.getByRole("heading", { level: 1, name, exact: true });
}

/** Goes to a page by its address and waits until its content is there. */
export async function open(page: Page, hash: string, title: string): Promise<void> {
  await page.evaluate((to) => location.assign(to), hash);
  await heading(page, title).waitFor();
  await page.locator(".skeleton").first().waitFor({ state: "detached" });
}
