import { assertEquals, assertMatch } from "@std/assert";
import { at, deliver, edited, eventsOf } from "../support/webhook.ts";
import { statusOf } from "../support/linked.ts";
import { dealOf, type Sale, sell } from "../support/sale.ts";
import { queueRow, settled, syncState } from "../support/queue.ts";
import { until } from "../support/until.ts";
import { heading, open, openPageContext, type PageContext, type Visit, visitAsAdmin } from "./context.ts";

// What an operator does by clicks, and what has become of it on both sides.

let context: PageContext;
Deno.test.beforeAll(async () => {
  context = await openPageContext();
});
Deno.test.afterAll(() => context.stop());

async function sold(): Promise<Sale & { number: string; dealId: string }> {
  const sale = await sell(context.stack);
  await settled(context.stack, sale.contract);
  const { id: dealId } = await dealOf(context.stack, sale.contract);
  return { ...sale, number: String(sale.contract.contract_number), dealId };
}

Deno.test("a contract is found by its number with “/”, with both sides and its history", async () => {
  const { number } = await sold();
  await visitAsAdmin(context, {}, async ({ page }) => {
    await page.keyboard.press("/");
    await page.keyboard.type(number);
    await page.keyboard.press("Enter");
    await heading(page, number).waitFor();
    await page.getByText("all agreed when Zoho last confirmed").first().waitFor();
    await page.getByRole("button", { name: /^All \d+$/ }).click();
    await page
      .getByRole("row", { name: /KYC_Status/ })
      .getByText("Completed")
      .first()
      .waitFor();
    const story = page.getByRole("region", { name: "What happened" });
    await story.getByText("made the record in Zoho (Deals)").first().waitFor();
    await page.goBack();
    await heading(page, "Overview").waitFor();
    await page.goForward();
    await heading(page, number).waitFor();
  });
});

Deno.test(
  "a field that was edited in Zoho is seen by reading Zoho now, and corrected by a force sync",
  async () => {
    const { contract, number, dealId } = await sold();
    await context.stack.zoho.edit("Deals", dealId, { RICA_Status: "Rejected" });
    await visitAsAdmin(context, {}, async ({ page }) => {
      await open(page, `#/contract/${number}`, number);
      await page.getByRole("button", { name: /^All \d+$/ }).click();
      const row = page.getByRole("row", { name: /RICA_Status/ });
      await row.getByText("agrees").waitFor();
      await page.getByRole("button", { name: "Read Zoho now" }).click();
      await row.getByText("Rejected").waitFor();
      await row.getByText("differs").waitFor();
      await page.getByRole("button", { name: "Force sync" }).click();
      await page.getByText(`${number} is in Zoho, every field was sent`).waitFor();
      await row.getByText("agrees").waitFor();
      assertEquals((await dealOf(context.stack, contract)).RICA_Status, "Approved");
    });
  },
);

Deno.test("an unknown number is reported as unknown", async () => {
  await visitAsAdmin(context, { allow: /status of 404/ }, async ({ page }) => {
    await page.goto("/#/contract/CT-1999-404");
    await page.getByText("There is no CT-1999-404").waitFor();
  });
});

Deno.test("an event is opened and replayed, after a dry run that changes nothing", async () => {
  const { contract, dealId } = await sold();
  await context.stack
    .sql`alter table public.contracts add constraint no_luck check (status <> 'active') not valid`;
  await context.stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  await deliver(context.stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(1e7) }));
  const failed = async () =>
    (await eventsOf(context.stack, dealId)).find(({ status }) => status === "failed");
  const event = await until(failed, { what: "the failed event" });
  await context.stack.sql`alter table public.contracts drop constraint no_luck`;

  await visitAsAdmin(context, {}, async ({ page }) => {
    await open(page, "#/events?status=failed", "Events");
    await page.locator(`a[href*="${event.id}"]`).click();
    // The list behind it stays the one that was chosen.
    assertEquals(new URL(page.url()).hash, `#/events/${event.id}?status=failed`);
    const sheet = page.getByRole("dialog", { name: "Deals update" });
    await sheet.getByLabel("What Zoho sent").getByText("Closed Won").waitFor();

    await sheet.getByRole("button", { name: "Try it (dry run)" }).click();
    await sheet.getByText("Nothing was changed. It would be").waitFor();
    await sheet.getByText("draft → active").waitFor();
    assertEquals(await statusOf(context.stack, contract), "draft");

    await sheet.getByRole("button", { name: "Replay it" }).click();
    await page.getByText("The record is looked at again.").waitFor();
    await sheet.locator("dl").getByText("applied", { exact: true }).waitFor();
    assertEquals(await statusOf(context.stack, contract), "active");
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "detached" });
    assertMatch(page.url(), /#\/events\?status=failed$/);
  });
});

/** What the browser does; in the end the sync runs, whatever came of it, for the tests that share the stack. */
async function resumedAfter(work: (visit: Visit) => Promise<void>): Promise<void> {
  try {
    await visitAsAdmin(context, {}, work);
  } finally {
    await context.stack.sql`select public.zoho_resume()`;
  }
}

Deno.test("the sync is paused with a reason and resumed, and the waiting changes are sent", () =>
  resumedAfter(async ({ page }) => {
    const header = page.getByRole("banner");
    await header.getByRole("button", { name: "Pause" }).click();
    await page.getByLabel("Why (colleagues will read it)").fill("Fields are being changed");
    await page.getByRole("dialog").getByRole("button", { name: "Pause the sync" }).click();
    await header.getByText("Paused", { exact: true }).waitFor();
    assertEquals((await syncState(context.stack)).until_resumed, true);

    const { contract } = await sell(context.stack);
    await page
      .getByText(/paused/i)
      .first()
      .waitFor();
    await open(page, "#/queue", "Queue");
    await page.getByRole("rowheader", { name: String(contract.contract_number) }).waitFor();

    await header.getByRole("button", { name: "Resume" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Fields are being changed").waitFor();
    await dialog.getByRole("button", { name: "Resume the sync" }).click();
    await header.getByText("Running", { exact: true }).waitFor();
    await settled(context.stack, contract);
    await page.getByText("The queue is empty").waitFor();
    assertEquals(await queueRow(context.stack, contract), undefined);
  }));

Deno.test("a dialog closes when its act is done, before the page has read what came of it", () =>
  resumedAfter(async ({ page }) => {
    const header = page.getByRole("banner");
    await header.getByRole("button", { name: "Pause" }).click();
    const shown = Promise.withResolvers<void>();
    await page.route("**/zoho-admin/status", async (route) => {
      await shown.promise;
      await route.continue();
    });
    await page.getByRole("dialog").getByRole("button", { name: "Pause the sync" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await header.getByText("Running", { exact: true }).waitFor();
    shown.resolve();
    await header.getByText("Paused", { exact: true }).waitFor();
  }));

Deno.test("a question stays what it was when a colleague answers it meanwhile", () =>
  resumedAfter(async ({ page }) => {
    await page.getByRole("banner").getByRole("button", { name: "Pause" }).click();
    const dialog = page.getByRole("dialog", { name: "Pause the sync?" });
    await dialog.waitFor();
    await context.stack.sql`
      select public.zoho_pause('PAUSED_BY_HAND', 'By a colleague', p_until_resumed => true)`;
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.getByRole("main").getByText("By a colleague").waitFor();
    assertEquals(await dialog.count(), 1);
    await dialog.getByText(/^Meanwhile: .*By a colleague/).waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }));

Deno.test("both sides are compared, the difference is shown, saved as CSV and repaired", async () => {
  const { contract, number, dealId } = await sold();
  await context.stack.zoho.edit("Deals", dealId, { Risk_Tier: "Medium" });
  await visitAsAdmin(context, {}, async ({ page }) => {
    await open(page, "#/reconcile", "Reconcile");
    await page.getByRole("button", { name: "Compare now" }).click();
    await page.getByText(/^As of .* match.*, [1-9]\d* differ/).waitFor();
    const row = page.getByRole("row", { name: new RegExp(number) });
    await row.getByText("Low / Medium").waitFor();

    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "CSV" }).click();
    const csv = await Deno.readTextFile(await (await saving).path());
    assertMatch(csv, new RegExp(`${number}.*Risk_Tier`));

    await row.getByRole("button", { name: `Repair ${number}` }).click();
    await page.getByText("1 record is on the way to Zoho").waitFor();
    await settled(context.stack, contract);
    assertEquals((await dealOf(context.stack, contract)).Risk_Tier, "Low");
    await row.getByRole("time").first().waitFor();
  });
});

Deno.test("a backfill is tried, started and watched, and its result is shown", async () => {
  await sold();
  await visitAsAdmin(context, {}, async ({ page }) => {
    await open(page, "#/backfill", "Backfill");
    await page.getByRole("button", { name: "Dry run" }).click();
    const table = page.getByRole("table", { name: "Backfills" });
    await table.getByText(/^\d+ would be created, .* would be refused\.$/).first().waitFor();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Start the backfill" }).click();
    await table.getByText(/^\d+ created, \d+ updated, .* refused\.$/).first().waitFor();
  });
});

Deno.test("a record is held with a reason, and the act is taken back", async () => {
  const { number } = await sold();
  await visitAsAdmin(context, {}, async ({ page }) => {
    await open(page, `#/contract/${number}`, number);
    await page.getByRole("button", { name: "Hold", exact: true }).click();
    await page.getByLabel("Why (colleagues will read it)").fill("The customer disputes it");
    await page.getByRole("dialog").getByRole("button", { name: "Hold it" }).click();
    await page.getByText(/Naledi Admin holds this record: “The customer disputes it”/).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("It was taken back.").waitFor();
    await page.getByText(/holds this record/).waitFor({ state: "detached" });
  });
});

Deno.test("observing is started and ended from the page, and the overview is not green meanwhile", async () => {
  await visitAsAdmin(context, {}, async ({ page }) => {
    for (const label of ["Only observe", "Write again"]) {
      await open(page, "#/settings", "Settings");
      await page.getByRole("button", { name: label, exact: true }).click();
      await page.getByRole("dialog").getByRole("button", { name: label, exact: true }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await open(page, "#/overview", "Overview");
      const health = page.getByRole("region", { name: "Health" });
      if (label === "Only observe") {
        await until(async () => (await health.getAttribute("data-look")) === "attention", {
          what: "attention",
        });
      } else {
        await until(async () => (await health.getAttribute("data-look")) !== "attention", {
          what: "no attention",
        });
      }
    }
  });
});
