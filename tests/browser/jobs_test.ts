import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Locator, Page } from "playwright-core";
import type { Row } from "../support/fixtures.ts";
import { inStep } from "../support/linked.ts";
import { settled } from "../support/queue.ts";
import { sell } from "../support/sale.ts";
import { until } from "../support/until.ts";
import { edited, tell } from "../support/webhook.ts";
import { seriousIn } from "./axe.ts";
import { heading, open, openPageContext, type PageContext, visitAsAdmin } from "./context.ts";

// What people come to the page for, done by taps alone: each job with the number of taps that it takes, on a desk and on a
// phone, without a dead end, and without a fault of accessibility where it ends, in light and in dark.

let context: PageContext;
let wrong = "";
let jumped = "";

Deno.test.beforeAll(async () => {
  context = await openPageContext();
});
Deno.test.afterAll(() => context.stop());

const places = [
  { name: "a desk", options: { viewport: { width: 1280, height: 800 } } },
  { name: "a phone", options: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } },
];

/** Counts what a person taps. Typing is none. */
class Hand {
  taps = 0;
  constructor(readonly page: Page) {}

  async tap(target: Locator): Promise<void> {
    this.taps++;
    await target.click();
  }

  /** To a page by the navigation, which a phone keeps in a menu. */
  async goTo(name: string): Promise<void> {
    const menu = this.page.getByRole("button", { name: "Menu" });
    if (await menu.isVisible()) await this.tap(menu);
    await this.tap(this.page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }));
  }

  async find(text: string): Promise<void> {
    await this.tap(this.page.getByRole("combobox", { name: "Find a record" }));
    await this.page.keyboard.type(text);
    await this.tap(this.page.getByRole("listbox", { name: "Found records" }).getByRole("option").first());
  }
}

interface Job {
  title: string;
  most: number;
  does: (page: Page, hand: Hand) => Promise<void>;
}
const jobs: Job[] = [];
const job = (title: string, most: number, does: Job["does"]) => void jobs.push({ title, most, does });

/** What the jobs are about: a refused record, 400 failed changes, a Deal that was put back, an outage, a renamed field. */
async function trouble(): Promise<void> {
  const { stack } = context;
  const { zoho, sql } = stack;
  const sold = await inStep(stack);
  jumped = String(sold.contract.contract_number);
  await zoho.edit("Deals", sold.dealId, { RICA_Status: "Rejected" });
  await tell(stack, edited(sold.dealId, { RICA_Status: "Rejected" }));

  await zoho.addFaults({
    match: { module: "Deals", field: "Stage", value: "Closed Lost" },
    kind: "record_error",
    code: "INVALID_DATA",
    details: { api_name: "Stage" },
  });
  // No Deal is made without a stage.
  const { contract } = await sell(stack, { contract: { status: "terminated" } });
  wrong = String(contract.contract_number);
  const dead = () => sql<Row[]>`select from public.zoho_sync_queue where status = 'dead'`;
  await until(async () => (await dead()).length > 0, { what: "a failed change" });
  await sql`
    insert into public.zoho_sync_queue (entity_type, entity_id, lane, cause, status, failed_rounds, error_code, error_field)
    select 'contract', gen_random_uuid(), 0, 'contracts update', 'dead', 3, 'INVALID_DATA', 'Stage'
    from generate_series(1, 399)`;

  await sql`select public.zoho_pause('HTTP_503', 'Zoho did not answer', 600)`;
  await sql`select public.zoho_resume()`;
  await sql`
    insert into public.zoho_fields (module, field, api_name, label)
    values ('Deals', 'KYC_Status', 'KYC_State', 'KYC state')
    on conflict (module, field) do update set api_name = excluded.api_name, label = excluded.label`;
}

/** Where a job ends nothing is wider than the screen, and axe finds nothing, in either theme. */
async function sound(page: Page, { width }: { width: number }): Promise<void> {
  // Only the colours differ between the themes.
  for (const [colorScheme, rules] of [["dark", ["color-contrast"]], ["light", undefined]] as const) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-theme=${colorScheme}]`).waitFor();
    assertEquals(await seriousIn(page, rules && [...rules]), [], colorScheme);
  }
  const needed = await page.evaluate<number>("document.documentElement.scrollWidth");
  assert(needed <= width, `${needed} px wide`);
}

job("is everything in Zoho", 1, async (page, hand) => {
  await hand.tap(page.getByRole("banner").getByRole("link", { name: /Zoho sync/ }));
  const health = page.getByRole("region", { name: "Health" });
  await health.getByText(/400 changes need attention/).first().waitFor();
  assertEquals(await health.getAttribute("data-look"), "trouble");
  const tiles = page.getByLabel("Now", { exact: true });
  await tiles.getByText("400 changes failed and did not arrive").waitFor();
  assertEquals(await tiles.getByText(/everything was sent/).count(), 0);
});

job("why is this record wrong", 3, async (page, hand) => {
  await hand.find(wrong.slice(-4));
  await heading(page, wrong).waitFor();
  const glance = page.getByRole("region", { name: "At a glance" });
  await glance.getByText("last try failed").waitFor();
  assertEquals(await glance.getByText("confirmed by Zoho").count(), 0, "nothing was confirmed of it");
  await page.getByRole("region", { name: "Both sides" }).getByText("not in Zoho yet").first().waitFor();
  await hand.tap(glance.getByRole("link", { name: "INVALID_DATA" }).first());
  await heading(page, "INVALID_DATA").waitFor();
  await page.getByText("What it costs.").waitFor();
});

job("my Deal jumped back", 2, async (page, hand) => {
  await hand.find(jumped);
  await heading(page, jumped).waitFor();
  const story = page.getByRole("region", { name: "What happened" });
  const line = story.getByRole("listitem").filter({ hasText: "edited RICA_Status" });
  await line.getByText("Thandi Seller in Zoho").waitFor();
  await line.getByText("CircleTel decides this, so its value was put back.").waitFor();
  assertMatch(await line.innerText(), /Approved\s*→\s*Rejected/);
  const zoho = page.getByRole("link", { name: /^Open in Zoho/ }).first();
  assertMatch(await zoho.getAttribute("href") ?? "", /\/crm\/tab\/Potentials\/\d+$/);
});

job("Zoho was down this morning", 2, async (page, hand) => {
  await hand.goTo("Activity");
  const outages = page.getByRole("region", { name: "Pauses and outages" });
  await outages.getByText(/Sending was paused \(HTTP_503\)/).first().waitFor();
  await outages.getByText("over").first().waitFor();
});

job("400 failed", 3, async (page, hand) => {
  await hand.tap(page.getByRole("banner").getByRole("link", { name: /Zoho sync/ }));
  await hand.tap(page.getByRole("link", { name: /changes need attention/ }));
  const cause = page.getByRole("region", { name: "INVALID_DATA in Stage" });
  await cause.getByText("400 dead letters").waitFor();
  await hand.tap(cause.getByRole("button", { name: "How to fix it" }));
  await page.getByRole("dialog", { name: "INVALID_DATA" }).getByText("What it costs.").waitFor();
  await page.keyboard.press("Escape");
  await cause.getByRole("button", { name: "Retry all of this cause" }).waitFor();
});

job("a secret leaked", 3, async (page, hand) => {
  await hand.goTo("Settings");
  await hand.tap(page.getByRole("link", { name: "A secret leaked: rotate it" }));
  await heading(page, "Rotate secrets").waitFor();
  await page.getByText("Webhook secret").first().waitFor();
});

job("a field was renamed", 2, async (page, hand) => {
  await hand.goTo("Settings");
  const row = page.getByRole("table", { name: "Fields in Zoho" }).getByRole("row", { name: /KYC_Status/ });
  await row.getByText("KYC_State").waitFor();
  await row.getByText("it is written under its new name").waitFor();
});

job("who pressed pause", 0, async (page) => {
  const { stack } = context;
  await stack.sql`
    select public.zoho_pause('PAUSED_BY_HAND', 'The layout of Deals is being changed', null, true,
      (select id::text from public.admin_users where full_name = 'Naledi Admin'))`;
  try {
    const banner = page.getByRole("region", { name: "Sending is paused" });
    await banner.getByText(/Naledi Admin paused the sync/).waitFor();
    await banner.getByText(/“The layout of Deals is being changed”/).waitFor();
    await banner.getByText(/It stays paused until a person resumes it/).waitFor();
    assertEquals(await banner.getByRole("time").count(), 1, "since when");
  } finally {
    await stack.sql`select public.zoho_resume()`;
  }
});

job("3 a.m.: from the alert's link to what to do", 2, async (page, hand) => {
  await open(page, "#/overview", "Overview");
  await hand.tap(
    page.getByRole("region", { name: "Health" }).getByRole("link", { name: /400 changes need/ }),
  );
  await hand.tap(page.getByRole("button", { name: "How to fix it" }).first());
  await page.getByRole("dialog").getByText("What it costs.").waitFor();
});

Deno.test("every job is done by at most three taps, on a desk and on a phone, without a dead end", async (test) => {
  const { contract } = await sell(context.stack);
  await settled(context.stack, contract);
  for (const { name, options } of places) {
    await test.step(`while all is well the overview says so on ${name}`, () =>
      visitAsAdmin(context, options, async ({ page }) => {
        const health = page.getByRole("region", { name: "Health" });
        await health.getByText("Every change has been sent to Zoho.").waitFor();
        assertEquals(await health.getAttribute("data-look"), "good");
        await sound(page, options.viewport);
      }));
  }
  await trouble();
  for (const { name, options } of places) {
    await visitAsAdmin(context, options, async ({ page }) => {
      for (const { title, most, does } of jobs) {
        await test.step(`${title}: at most ${most} taps on ${name}`, async () => {
          await page.keyboard.press("Escape");
          // From a page that has nothing to do with it.
          await open(page, "#/backfill", "Backfill");
          const hand = new Hand(page);
          await does(page, hand);
          assert(hand.taps <= most, `it took ${hand.taps} taps`);
          await sound(page, options.viewport);
        });
      }
    });
  }
});
