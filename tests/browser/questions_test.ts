import { assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type { Page } from "playwright-core";
import { type InStep, inStep, mappingOf, statusOf } from "../support/linked.ts";
import { settled, syncState } from "../support/queue.ts";
import { dealOf } from "../support/sale.ts";
import { until } from "../support/until.ts";
import { edited, tell } from "../support/webhook.ts";
import { heading, open, openPageContext, type PageContext, visitAsAdmin } from "./context.ts";

// What only a person can decide, decided by clicks.

let context: PageContext;
Deno.test.beforeAll(async () => {
  context = await openPageContext();
});
Deno.test.afterAll(() => context.stop());

const numberOf = ({ contract }: InStep) => String(contract.contract_number);
const stageOf = async ({ contract }: InStep) => (await dealOf(context.stack, contract)).Stage;

/** An active contract whose Deal a seller moved back. */
async function unsigned(): Promise<InStep> {
  const sold = await inStep(context.stack, { contract: { status: "active" } });
  await context.stack.zoho.edit("Deals", sold.dealId, { Stage: "Proposal/Price Quote" });
  await tell(context.stack, edited(sold.dealId, { Stage: "Proposal/Price Quote" }));
  return sold;
}

const unsigning = (page: Page) =>
  page.getByRole("region", { name: "A move in Zoho would un-sign a contract" });
const rowOf = (page: Page, sold: InStep) => page.getByRole("row", { name: new RegExp(numberOf(sold)) });

/** A seller lost the Deal and CircleTel made the contract active: CircleTel's side is kept. */
async function inConflict(stack: Stack): Promise<InStep> {
  const sold = await inStep(stack);
  await stack.zoho.edit("Deals", sold.dealId, { Stage: "Closed Lost" });
  await stack.zoho.advanceClock(3_000);
  await stack.sql`update public.contracts set status = 'active' where id = ${sold.contract.id}`;
  await settled(stack, sold.contract);
  return sold;
}

/** The second click, after the page has said what is overwritten. */
async function confirm(page: Page, name: string, says: string | RegExp): Promise<void> {
  const dialog = page.getByRole("dialog", { name: `${name}?` });
  await dialog.getByText(says).waitFor();
  await dialog.getByRole("button", { name, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

Deno.test("a conflict is answered on the contract's page by taking Zoho's side", async () => {
  const { stack } = context;
  const sold = await inConflict(stack);
  await visitAsAdmin(context, {}, async ({ page }) => {
    await page.getByText("1 question waits for a person's decision").first().waitFor();
    await open(page, `#/contract/${numberOf(sold)}`, numberOf(sold));
    const question = page.getByRole("region", { name: "Both sides changed the stage" });
    await question.getByRole("cell", { name: "active", exact: true }).waitFor();
    await question.getByRole("cell", { name: "Closed Lost", exact: true }).waitFor();
    await question.getByText(/in Zoho/).first().waitFor();
    await question.getByRole("button", { name: /^Take Zoho's side/ }).click();
    await confirm(page, "Take Zoho's side", "status in CircleTel, active, is overwritten with terminated");
    await page.getByText("Take Zoho's side: 1 question is answered.").waitFor();
    await question.waitFor({ state: "detached" });
    await settled(stack, sold.contract);
    assertEquals([await statusOf(stack, sold.contract), await stageOf(sold)], ["terminated", "Closed Lost"]);
  });
});

Deno.test("a conflict whose status the database refuses says why, and stays", async () => {
  const { stack } = context;
  const sold = await inConflict(stack);
  await stack.sql.unsafe(`
    create function public.refuse_status() returns trigger language plpgsql as $$ begin
      if new.status = 'terminated' then raise 'an order is still open'; end if;
      return new;
    end $$;
    create trigger refuse_status before update on public.contracts for each row execute function public.refuse_status()`);
  try {
    await visitAsAdmin(context, {}, async ({ page }) => {
      await open(page, `#/contract/${numberOf(sold)}`, numberOf(sold));
      const question = page.getByRole("region", { name: "Both sides changed the stage" });
      await question.getByRole("button", { name: /^Take Zoho's side/ }).click();
      await confirm(page, "Take Zoho's side", "is overwritten with terminated");
      await page.getByText(`still open: ${numberOf(sold)} (P0001: an order is still open)`).waitFor();
      await question.getByRole("button", { name: /^Leave it as it is/ }).click();
      await question.waitFor({ state: "detached" });
    });
  } finally {
    await stack.sql.unsafe("drop function public.refuse_status() cascade");
  }
});

Deno.test("an un-signing move is accepted for one contract, and reverted for the others in bulk", async () => {
  const { stack } = context;
  const [moved, ...kept] = [await unsigned(), await unsigned(), await unsigned()] as const;
  await visitAsAdmin(context, {}, async ({ page }) => {
    await open(page, "#/problems", "Problems");
    await unsigning(page).getByText("3 questions").waitFor();
    await page.getByText("The questions below are still open.").waitFor();

    await rowOf(page, moved).getByRole("button", { name: /^Take Zoho's side/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    assertEquals(await statusOf(stack, moved.contract), "active");
    await rowOf(page, moved).getByRole("button", { name: /^Take Zoho's side/ }).click();
    await confirm(page, "Take Zoho's side", "status in CircleTel, active, is overwritten with draft");
    await rowOf(page, moved).waitFor({ state: "detached" });
    await settled(stack, moved.contract);
    assertEquals(await statusOf(stack, moved.contract), "draft");

    await unsigning(page).getByRole("button", { name: "Select all of this kind" }).click();
    await page.getByLabel(`Select ${numberOf(kept[0])}`).and(page.locator(":checked")).waitFor();
    await unsigning(page).getByRole("button", { name: "CircleTel is right (2)" }).click();
    await confirm(page, "CircleTel is right", /stage in Zoho is overwritten/);
    await page.getByText("CircleTel is right: 2 questions are answered.").waitFor();
    await unsigning(page).waitFor({ state: "detached" });
    for (const sold of kept) {
      await settled(stack, sold.contract);
      assertEquals([await statusOf(stack, sold.contract), await stageOf(sold)], ["active", "Closed Won"]);
    }
    await open(page, "#/activity", "Activity");
    await page.getByRole("button", { name: "answered questions" }).first().waitFor();
  });
});

Deno.test("a deleted Deal is made again with one click", async () => {
  const { stack } = context;
  const sold = await inStep(stack);
  await stack.zoho.delete("Deals", sold.dealId);
  await tell(stack, edited(sold.dealId, {}, "delete"));
  await visitAsAdmin(context, {}, async ({ page }) => {
    await open(page, "#/problems", "Problems");
    const question = page.getByRole("region", { name: "A record was deleted in Zoho" });
    await question.getByRole("button", { name: `Make it again ${numberOf(sold)}` }).click();
    await question.waitFor({ state: "detached" });
    await settled(stack, sold.contract);
    assertEquals((await mappingOf(stack, sold.contract)).state, "linked");
  });
});

Deno.test("writes that the database does not remember: the page names the next step, and the record is a question", async () => {
  const { stack } = context;
  const sold = await inStep(stack);
  await stack.zoho.edit("Deals", sold.dealId, {
    CircleTel_Revision: "8123450000000007",
    Stage: "Closed Lost",
  });
  await stack.sql`update public.zoho_sync_state set revisions_checked_at = '-infinity'`;
  await stack
    .sql`select public.zoho_enqueue('contract', array[${sold.contract.id}]::uuid[], p_forced => true)`;
  await stack.sql`select public.zoho_ring()`;
  await until(async () => (await syncState(stack)).until_resumed === true, { what: "the pause" });
  await visitAsAdmin(context, {}, async ({ page }) => {
    await page.getByRole("banner").getByRole("button", { name: "Go on" }).waitFor();
    await page.getByRole("link", { name: /Zoho holds writes that this database does not remember/ }).click();
    await heading(page, "Problems").waitFor();
    const card = page.getByRole("region", { name: "Writes that this database does not remember" });
    await card.getByRole("button", { name: "What to do" }).click();
    await page.getByRole("dialog", { name: "UNKNOWN_WRITES" }).getByText("What it costs.").waitFor();
    await page.keyboard.press("Escape");
    await card.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
    await page.getByText("the other writer's epochs are 812345").waitFor();
    await card.waitFor({ state: "detached" });
    await page.getByRole("banner").getByText("Running", { exact: true }).waitFor();

    const question = page.getByRole("region", { name: "A write that this database does not remember" });
    await question.getByRole("button", { name: `CircleTel is right ${numberOf(sold)}` }).click();
    await confirm(page, "CircleTel is right", /stage in Zoho is overwritten/);
    await question.waitFor({ state: "detached" });
    await settled(stack, sold.contract);
    assertEquals(await statusOf(stack, sold.contract), "draft");
  });
});
