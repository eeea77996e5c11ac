import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { dealOf, type Sale, sell } from "../support/sale.ts";
import { idOf } from "../support/rows.ts";
import { queueRow, settled } from "../support/queue.ts";
import type { Row } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { heading, open, openPageContext, type PageContext, visitAsAdmin } from "./context.ts";

// A failure, from the moment it appears to the moment it is gone, by clicks alone.

let context: PageContext;
Deno.test.beforeAll(async () => {
  context = await openPageContext();
});
Deno.test.afterAll(() => context.stop());
Deno.test.afterEach(() => context.stack.zoho.clearFaults());

/** Zoho's picklist does not know the value: every Deal that carries it is refused. */
async function refusePicklistValue(api_name: string, value: string): Promise<void> {
  await context.stack.zoho.addFaults({
    match: { module: "Deals", field: api_name, value },
    kind: "record_error",
    code: "INVALID_DATA",
    details: { api_name },
  });
}

async function died(contract: Row): Promise<void> {
  const isDead = async () => (await queueRow(context.stack, contract))?.status === "dead";
  await until(isDead, { what: "a dead letter" });
}

const cause = (page: Page) => page.getByRole("region", { name: "INVALID_DATA in Risk_Tier" });
const highRisk = (): Promise<Sale> => sell(context.stack, { kyc: { risk_tier: "high" } });
const numberOf = ({ contract }: Sale) => String(contract.contract_number);

Deno.test(
  "a contract that Zoho refuses appears with advice; once fixed, one click retries it and it disappears",
  async () => {
    await visitAsAdmin(context, {}, async ({ page }) => {
      await open(page, "#/problems", "Problems");
      await page.getByText("No change has failed for good").waitFor();
      await refusePicklistValue("Risk_Tier", "High");

      const sale = await highRisk();
      await died(sale.contract);
      await cause(page).getByText(numberOf(sale)).first().waitFor();
      await cause(page)
        .getByText(/What to do: .*(picklist|value|field)/i)
        .waitFor();
      await cause(page).getByText("1 dead letter").waitFor();

      await context.stack.zoho.clearFaults();
      await cause(page)
        .getByRole("button", { name: `Retry ${numberOf(sale)}` })
        .click();
      await page.getByText("No change has failed for good").waitFor();
      await page
        .getByRole("status", { name: "Results" })
        .getByText(`${numberOf(sale)} is tried again`)
        .waitFor();
      await settled(context.stack, sale.contract);
      assertEquals((await dealOf(context.stack, sale.contract)).Risk_Tier, "High");
    });
  },
);

Deno.test(
  "selected failures of a cause are retried, the rest by one click, and the acts are audited",
  async () => {
    await refusePicklistValue("Risk_Tier", "High");
    const [first, second, third] = [await highRisk(), await highRisk(), await highRisk()] as const;
    for (const { contract } of [first, second, third]) await died(contract);

    await visitAsAdmin(context, {}, async ({ page }) => {
      await open(page, "#/problems", "Problems");
      await cause(page).getByText("3 dead letters").waitFor();
      await context.stack.zoho.clearFaults();
      for (const sale of [first, second]) {
        await cause(page)
          .getByLabel(`Select ${numberOf(sale)}`)
          .check();
      }
      await cause(page).getByRole("button", { name: "Retry 2 selected" }).click();
      await cause(page).getByText("1 dead letter").waitFor();
      await settled(context.stack, [first.contract, second.contract]);
      assertEquals((await queueRow(context.stack, third.contract))?.status, "dead");

      await cause(page).getByRole("button", { name: "Retry all of this cause" }).click();
      await page.getByText("No change has failed for good").waitFor();
      await settled(context.stack, third.contract);
      await open(page, "#/activity", "Activity");
      await page.getByRole("cell", { name: "Naledi Admin" }).first().waitFor();
    });
  },
);

Deno.test("a drop that was confirmed is of what was ticked, and says what was sent before", async () => {
  await refusePicklistValue("Risk_Tier", "High");
  const [sent, dropped] = [await highRisk(), await highRisk()] as const;
  for (const { contract } of [sent, dropped]) await died(contract);

  await visitAsAdmin(context, {}, async ({ page }) => {
    await open(page, "#/problems", "Problems");
    await cause(page).getByText("2 dead letters").waitFor();
    for (const sale of [sent, dropped]) await cause(page).getByLabel(`Select ${numberOf(sale)}`).check();
    await cause(page).getByRole("button", { name: "Drop 2 selected" }).click();
    // A colleague's retry takes one of them out of the list while the dialog is open.
    await context.stack.sql`delete from public.zoho_sync_queue where entity_id = ${sent.contract.id}`;
    await cause(page).getByText("1 dead letter").waitFor();
    const dialog = page.getByRole("dialog", { name: "Drop 2 changes?" });
    await dialog.getByRole("button", { name: "Drop", exact: true }).click();
    await page.getByText("1 change was dropped; 1 was no longer in the queue.").waitFor();
    await page.getByText("No change has failed for good").waitFor();
  });
});

Deno.test("a link to a cause opens its changes on the page that is shown already", async () => {
  await refusePicklistValue("Risk_Tier", "High");
  const sale = await highRisk();
  await died(sale.contract);
  await visitAsAdmin(context, {}, async ({ page }) => {
    await open(page, "#/problems", "Problems");
    await cause(page).getByRole("button", { name: "Hide changes" }).click();
    await page.evaluate("location.hash = '#/problems?code=INVALID_DATA'");
    await cause(page).getByLabel(`Select ${numberOf(sale)}`).waitFor();
  });
  await context.stack.sql`delete from public.zoho_sync_queue where entity_id = ${sale.contract.id}`;
});

Deno.test("all failures are retried after a confirmation", async () => {
  await refusePicklistValue("Risk_Tier", "High");
  const sale = await highRisk();
  await died(sale.contract);
  await visitAsAdmin(context, {}, async ({ page }) => {
    await open(page, "#/problems", "Problems");
    const button = page.getByRole("button", { name: "Retry everything" });
    await button.click();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assertEquals((await queueRow(context.stack, sale.contract))?.status, "dead");

    await context.stack.zoho.clearFaults();
    await button.click();
    await page.getByRole("dialog").getByRole("button", { name: "Retry everything" }).click();
    await page.getByText("No change has failed for good").waitFor();
    await settled(context.stack, sale.contract);
    assertEquals((await dealOf(context.stack, sale.contract)).Risk_Tier, "High");
  });
});

Deno.test("a notice is shown and acknowledged", async () => {
  const { contract } = await sell(context.stack);
  await settled(context.stack, contract);
  await context.stack.sql`delete from public.contracts where id = ${contract.id}`;
  await visitAsAdmin(context, {}, async ({ page }) => {
    await open(page, "#/problems", "Problems");
    const notices = page.getByRole("region", { name: "Notices" });
    await notices.getByText("orphaned").first().waitFor();
    // What a notice is about is there, though its row is gone.
    await notices.getByRole("rowheader").getByRole("link").first().click();
    await heading(page, String(contract.contract_number)).waitFor();
    await page.getByText("the row was deleted", { exact: true }).waitFor();
    await page.getByRole("region", { name: "Both sides" }).getByText("deleted in CircleTel").first()
      .waitFor();
    await page.goBack();
    await notices
      .getByRole("button", { name: /^Acknowledge/ })
      .first()
      .click();
    await notices.getByText("No open notices").waitFor();
    const [row] = await context.stack.sql<{ acknowledged_at: Date | null }[]>`
      select acknowledged_at from public.zoho_notices order by id desc limit 1
    `;
    assert(row?.acknowledged_at);
  });
});

Deno.test(
  "a company whose Account is uncertain raises a question, and its contract goes on when it is answered",
  async () => {
    const { zoho } = context.stack;
    const name = "Tafelberg Bakery";
    const [first, second] = [
      await zoho.create("Accounts", { Account_Name: name }),
      await zoho.create("Accounts", { Account_Name: name.toUpperCase() }),
    ];
    const { contract } = await sell(context.stack, { customer: null, quote: { company_name: name } });
    await died(contract);
    await visitAsAdmin(context, {}, async ({ page }) => {
      await open(page, "#/problems", "Problems");
      const question = page.getByRole("region", { name: "Which Account is this company's?" });
      await question.getByText("Zoho has several Accounts that could be this company.").waitFor();
      await question.getByText(first).waitFor();
      await question.getByRole("listitem").filter({ hasText: second }).getByRole("button").click();
      await page.getByText("Link it: 1 question is answered.").waitFor();
      await question.waitFor({ state: "detached" });
      await page.getByText("No change has failed for good").waitFor();
      await settled(context.stack, contract);
      assertEquals(idOf((await dealOf(context.stack, contract)).Account_Name), second);
    });
  },
);
