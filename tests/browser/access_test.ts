import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { inStep } from "../support/linked.ts";
import { at, deliver, edited, tell } from "../support/webhook.ts";
import { dealOf, sell } from "../support/sale.ts";
import { settled } from "../support/queue.ts";
import { until } from "../support/until.ts";
import { seriousIn } from "./axe.ts";
import { heading, open, openPageContext, type PageContext, visit, visitAsAdmin } from "./context.ts";

// For people with a keyboard, a screen reader, a phone, or a dark room.

let context: PageContext;
let number = "";
let asked = "";
Deno.test.beforeAll(async () => {
  context = await openPageContext();
  const { contract } = await sell(context.stack);
  await settled(context.stack, contract);
  number = String(contract.contract_number);
  // Something of everything: questions, a dead letter, a notice, an event, a comparison.
  const { zoho, sql } = context.stack;
  for (let question = 0; question < 2; question++) {
    const signed = await inStep(context.stack, { contract: { status: "active" } });
    await zoho.edit("Deals", signed.dealId, { Stage: "Proposal/Price Quote" });
    await tell(context.stack, edited(signed.dealId, { Stage: "Proposal/Price Quote" }));
    asked = String(signed.contract.contract_number);
  }
  const { contract: gone } = await sell(context.stack);
  await settled(context.stack, gone);
  await sql`delete from public.contracts where id = ${gone.id}`;
  const { id: dealId } = await dealOf(context.stack, contract);
  await deliver(context.stack, edited(dealId, { Stage: "Qualification", Modified_Time: at(1e7) }));
  await zoho.edit("Deals", dealId, { Risk_Tier: "High" });
  await zoho.addFaults({
    match: { module: "Deals" },
    kind: "record_error",
    code: "INVALID_DATA",
    details: { api_name: "Risk_Tier" },
  });
  await sell(context.stack);
  const dead = () => sql`select from public.zoho_sync_queue where status = 'dead'`;
  await until(async () => (await dead()).length > 0, { what: "a dead letter" });
  await context.stack.invoke("zoho-admin/reconcile", { kind: "full" });
});
Deno.test.afterAll(() => context.stop());

const pages = (): [hash: string, title: string][] => [
  ["#/overview", "Overview"],
  ["#/queue", "Queue"],
  ["#/problems", "Problems"],
  ["#/contract", "Records"],
  [`#/contract/${number}`, number],
  [`#/contract/${asked}`, asked],
  ["#/attempts", "Attempts"],
  ["#/events", "Events"],
  ["#/reconcile", "Reconcile"],
  ["#/backfill", "Backfill"],
  ["#/docs/errors/INVALID_DATA", "INVALID_DATA"],
  ["#/alerts", "Alerts"],
  ["#/activity", "Activity"],
  ["#/settings", "Settings"],
];

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(`axe-core finds nothing serious on any page, ${colorScheme}`, async () => {
    await visit(context, { colorScheme }, async ({ page }) => {
      await page.getByLabel("Password").waitFor();
      assertEquals(await seriousIn(page), [], "Sign in");
    });
    await visitAsAdmin(context, { colorScheme }, async ({ page }) => {
      for (const [hash, title] of pages()) {
        await open(page, hash, title);
        assertEquals(await seriousIn(page), [], `${title}, ${colorScheme}`);
      }
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByRole("dialog").waitFor();
      assertEquals(await seriousIn(page), [], "the dialog of a pause");
      await page.keyboard.press("Escape");
      await open(page, "#/problems", "Problems");
      await page.getByRole("button", { name: `Take Zoho's side ${asked}` }).click();
      await page.getByRole("dialog", { name: "Take Zoho's side?" }).waitFor();
      assertEquals(await seriousIn(page), [], "the dialog of an answer");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "How to fix it" }).first().click();
      await page.getByRole("dialog", { name: "INVALID_DATA" }).getByText("What it costs.").waitFor();
      assertEquals(await seriousIn(page), [], "the page of an error");
      await page.keyboard.press("Escape");
      await open(page, "#/settings", "Settings");
      await page.getByRole("button", { name: "Run all checks" }).click();
      await page.getByRole("table", { name: "Checks of the setup" }).waitFor();
      assertEquals(await seriousIn(page), [], "the doctor's checks");
    });
  });
}

const widths = [360, 390, 480, 600, 700, 768, 860, 861, 960, 1024, 1152, 1280, 1440, 1920];

Deno.test("no page scrolls sideways between 360 and 1,920 px", async () => {
  await visitAsAdmin(context, {}, async ({ page }) => {
    const wide: string[] = [];
    for (const [hash, title] of pages()) {
      await open(page, hash, title);
      for (const width of widths) {
        await page.setViewportSize({ width, height: 800 });
        // Tables are measured again once the new width is laid out.
        await page.evaluate(
          "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
        );
        const needed = await page.evaluate<number>("document.documentElement.scrollWidth");
        if (needed > width) wide.push(`${title} is ${needed} px wide at ${width}`);
      }
      await page.setViewportSize({ width: 1280, height: 800 });
    }
    assertEquals(wide, []);
  });
});

/** Controls that are smaller than a fingertip; links within a sentence are exempt (WCAG 2.5.8). */
const smallTargets = `[...document.querySelectorAll(
    "button, .button, select, nav a, summary, .tick, .tile dt a, .table tbody th a, input:not([type=checkbox]), label:has(> input)"
  )].filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest(".skip, .hidden-text"))
    .map((each) => [each, each.getBoundingClientRect()])
    .filter(([, { width, height }]) => height < 43.5 || width < 43.5)
    .map(([each, { width, height }]) => \`\${each.outerHTML.slice(0, 90)} \${Math.round(width)} × \${Math.round(height)}\`)`;

Deno.test("every target is 44 px on a phone, and the menu reaches every page", async () => {
  const viewport = { width: 390, height: 844 };
  await visitAsAdmin(context, { viewport, hasTouch: true, isMobile: true }, async ({ page }) => {
    const small: string[] = [];
    for (const [hash, title] of pages()) {
      await open(page, hash, title);
      small.push(...(await page.evaluate<string[]>(smallTargets)).map((target) => `${title}: ${target}`));
    }
    assertEquals(small, []);
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Queue" }).click();
    await heading(page, "Queue").waitFor();
    await page.getByRole("navigation", { name: "Pages" }).waitFor({ state: "hidden" });
  });
});

Deno.test("loading content keeps the place of what follows: no page jumps", async () => {
  await visitAsAdmin(context, {}, async ({ page }) => {
    const jumps: string[] = [];
    for (const [hash, title] of pages()) {
      await open(page, "#/nowhere", "There is no such page");
      await page.evaluate(`window.shifts = [];
        window.watcher?.disconnect();
        window.watcher = new PerformanceObserver((list) => window.shifts.push(...list.getEntries()));
        window.watcher.observe({ type: "layout-shift" })`);
      await open(page, hash, title);
      await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
      const moved = await page.evaluate<number>("window.shifts.reduce((sum, { value }) => sum + value, 0)");
      // Above 0.1 people lose their place (web.dev/cls).
      if (moved > 0.1) jumps.push(`${title}: ${moved.toFixed(3)}`);
    }
    assertEquals(jumps, []);
  });
});

/** What has the focus: its label, or its text. */
function focused(page: Page): Promise<string> {
  const element = "document.activeElement";
  return page.evaluate(`${element}.getAttribute("aria-label") ?? ${element}.textContent.trim()`);
}

Deno.test("the keyboard alone reaches skip link, navigation, find, a dialog and back", async () => {
  await visitAsAdmin(context, {}, async ({ page }) => {
    await page.reload();
    await heading(page, "Overview").waitFor();
    await page.keyboard.press("Tab");
    assertEquals(await focused(page), "Skip to the content");
    await page.keyboard.press("Enter");
    assertEquals(await page.evaluate("document.activeElement.tagName"), "MAIN");

    await page.keyboard.press("/");
    assertEquals(await focused(page), "Find a record");
    await page.keyboard.type(number);
    await page.keyboard.press("Enter");
    await heading(page, number).waitFor();
    await until(async () => (await focused(page)) === number, { what: "the focus on the page's title" });

    const pause = page.getByRole("button", { name: "Pause" });
    await pause.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Pause the sync?" }).waitFor();
    assertEquals(await page.evaluate("document.activeElement.id"), "pause-reason");
    // The focus stays in the dialog, however often one goes on.
    for (let step = 0; step < 6; step++) {
      await page.keyboard.press("Tab");
      const isInside: boolean = await page.evaluate(
        "document.activeElement === document.body || !!document.activeElement.closest('dialog')",
      );
      assert(isInside, await focused(page));
    }
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assertEquals(await focused(page), "Pause");

    const overview = page.getByRole("link", { name: "Overview" }).last();
    await overview.focus();
    await page.keyboard.press("Enter");
    await heading(page, "Overview").waitFor();
    await until(async () => (await focused(page)) === "Overview", { what: "the focus on the page's title" });
  });
});

Deno.test("the theme follows the system until a person chooses, and the choice is kept", async () => {
  await visitAsAdmin(context, { colorScheme: "dark" }, async ({ page }) => {
    const theme = () => page.evaluate("document.documentElement.dataset.theme");
    assertEquals(await theme(), "dark");
    await page.getByRole("button", { name: "Use the light theme" }).click();
    assertEquals(await theme(), "light");
    await page.reload();
    await heading(page, "Overview").waitFor();
    assertEquals(await theme(), "light");
  });
});

Deno.test("times are in the business's time zone, with the exact moment on hover", async () => {
  await visitAsAdmin(context, { timezoneId: "America/New_York" }, async ({ page }) => {
    await open(page, "#/events", "Events");
    const time = page.getByRole("main").locator("td time, th time").first();
    const at = new Date((await time.getAttribute("datetime")) ?? "");
    const clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: "Africa/Johannesburg",
      timeStyle: "medium",
    }).format(at);
    assert((await time.innerText()).endsWith(clock), `${await time.innerText()} at ${clock}`);
    assert((await time.getAttribute("title"))?.includes(at.toISOString()));
  });
});

Deno.test("every chart says its figures in words and as a table", async () => {
  await visitAsAdmin(context, {}, async ({ page }) => {
    await page.getByRole("img", { name: /^Attempts in the last 24 hours: .*confirmed/ }).waitFor();
    await page.getByRole("img", { name: /^From edit to confirmation/ }).waitFor();
    await page.getByRole("img", { name: /of 50,000 credits used/ }).waitFor();
    await page.getByText("As a table").first().click();
    assertEquals(
      await page.getByRole("table", { name: "Attempts by the hour" }).getByRole("row").count(),
      26,
    );
  });
});
