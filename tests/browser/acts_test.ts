import { assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { LOCAL_ADMIN, seedAdmin } from "../../local/dashboard_admin.ts";
import { Administrator } from "../support/administrator.ts";
import type { Row } from "../support/fixtures.ts";
import { inStep, mappingOf } from "../support/linked.ts";
import { heldBy, queueRow, settled } from "../support/queue.ts";
import { idOf } from "../support/rows.ts";
import { dealOf } from "../support/sale.ts";
import { until } from "../support/until.ts";
import { edited, tell, webhookEnv } from "../support/webhook.ts";
import { heading, open, openPageContext, type PageContext, signIn, visit, visitAsAdmin } from "./context.ts";

// Every act that other files do not show: done by clicks, seen in the database or in Zoho, written down with who did it, and
// taken back where that can be.

const received: string[] = [];
const receiver = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
  received.push(await request.text());
  return new Response("ok");
});

let context: PageContext;
Deno.test.beforeAll(async () => {
  context = await openPageContext({
    functionEnv: { ...webhookEnv, ZOHO_ALERT_WEBHOOK_URL: `http://127.0.0.1:${receiver.addr.port}` },
  });
});
Deno.test.afterAll(async () => {
  await context.stop();
  await receiver.shutdown();
});

/** Who did what, oldest first, since the last time that it was read. */
async function actsSince(last: { id: number }): Promise<[who: string, action: string][]> {
  const rows = await context.stack.sql<{ id: number; full_name: string | null; action: string }[]>`
    select a.id::int as id, u.full_name, a.action from public.zoho_admin_actions a
    left join public.admin_users u on u.id::text = a.actor where a.id > ${last.id} order by a.id`;
  last.id = rows.at(-1)?.id ?? last.id;
  return rows.map(({ full_name, action }) => [full_name ?? "unknown", action]);
}
const byNaledi = (...actions: string[]) => actions.map((action) => ["Naledi Admin", action]);

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole("group", { name: "What can be done" }).getByRole("button", { name, exact: true })
    .click();
}
async function confirm(page: Page, name: string, says: string | RegExp): Promise<void> {
  const dialog = page.getByRole("dialog");
  await dialog.getByText(says).first().waitFor();
  await dialog.getByRole("button", { name, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}
async function undo(page: Page): Promise<void> {
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name: "Undo" }).last().click();
  assertEquals((await answered).status(), 200);
}
const said = (page: Page, text: string | RegExp) =>
  page.getByRole("status", { name: "Results" }).getByText(text).last().waitFor();

Deno.test("one record: its change is dropped, it is unlinked, linked, made again, and its Account found again", async () => {
  const { stack } = context;
  const { zoho, sql } = stack;
  const { contract, dealId } = await inStep(stack);
  const number = String(contract.contract_number);
  const stateOf = async () => (await mappingOf(stack, contract)).state;
  const last = { id: 0 };
  await actsSince(last);
  await visitAsAdmin(context, {}, async ({ page }) => {
    await zoho.addFaults({
      match: { module: "Deals" },
      kind: "record_error",
      code: "INVALID_DATA",
      details: { api_name: "Amount" },
    });
    await sql`update public.contracts set total_contract_value = 4321 where id = ${contract.id}`;
    await until(async () => (await queueRow(stack, contract))?.status === "dead", { what: "a dead letter" });
    await open(page, `#/contract/${number}`, number);
    await press(page, "Drop the change");
    await confirm(page, "Drop the change", "The change leaves the queue and is not sent.");
    await said(page, "The change was dropped.");
    assertEquals(await queueRow(stack, contract), undefined);
    await zoho.clearFaults();
    await undo(page);
    await settled(stack, contract);
    assertEquals((await dealOf(stack, contract)).Amount, 4321);
    assertEquals(await actsSince(last), byNaledi("drop", "look"));

    await press(page, "Unlink");
    await confirm(page, "Unlink", "Nothing of this contract is sent to its Deal any more");
    await said(page, "The record is unlinked.");
    assertEquals(await stateOf(), "unlinked");
    await undo(page);
    assertEquals(await stateOf(), "linked");
    await settled(stack, contract);
    assertEquals(await actsSince(last), byNaledi("unlink", "link"));

    await press(page, "Unlink");
    await confirm(page, "Unlink", "Both stay as they are.");
    await press(page, "Link again");
    await confirm(page, "Link again", "The Deal is read");
    await said(page, "The record is linked again.");
    assertEquals(await stateOf(), "linked");
    await settled(stack, contract);
    assertEquals(await actsSince(last), byNaledi("unlink", "link"));

    await zoho.delete("Deals", dealId);
    await tell(stack, edited(dealId, {}, "delete"));
    await press(page, "Make it again");
    await confirm(page, "Make it again", "This cannot be undone.");
    await said(page, "The record is found or made again.");
    await settled(stack, contract);
    const again = await mappingOf(stack, contract);
    assertEquals([again.state, again.zoho_id === dealId], ["linked", false]);

    const accountId = idOf((await dealOf(stack, contract)).Account_Name);
    await press(page, "Find the Account again");
    await confirm(page, "Find the Account again", `(${accountId}) is removed`);
    await said(page, "The company's Account is looked up again.");
    await settled(stack, contract);
    const [account] = await sql<
      Row[]
    >`select matched_by from public.zoho_accounts where zoho_id = ${accountId}`;
    assertEquals([account !== undefined, account?.matched_by === "created"], [true, false], "it was found");
    assertEquals(await actsSince(last), byNaledi("make again", "forget account"));

    await open(page, "#/activity", "Activity");
    await page.getByRole("button", { name: "had a company's Account found again" }).waitFor();
  });
});

Deno.test("settings: credits and kinds, missing fields, the channel, where alerts go, and adopting", async () => {
  const { stack } = context;
  const { sql } = stack;
  // The first drain pins the database to this project and its org.
  await inStep(stack);
  const last = { id: 0 };
  await actsSince(last);
  await visitAsAdmin(context, {}, async ({ page }) => {
    await open(page, "#/settings", "Settings");
    const limits = page.getByRole("region", { name: "Credits and record types" });
    await limits.getByLabel("Zoho's credits in 24 hours").fill("40000");
    await limits.getByLabel("Quotes").check();
    await limits.getByRole("button", { name: "Save" }).click();
    await said(page, "The settings are changed.");
    const kept = async () => {
      const [row] = await sql<Row[]>`select daily_credits, synced_types from public.zoho_sync_state`;
      return [Number(row?.daily_credits), row?.synced_types];
    };
    assertEquals(await kept(), [40_000, ["contract", "quote"]]);
    await undo(page);
    assertEquals(await kept(), [50_000, ["contract"]]);
    // What is not in force any more is not left in the form, to be saved with the next change.
    await until(async () => await limits.getByLabel("Zoho's credits in 24 hours").inputValue() === "50000", {
      what: "the credits that are in force",
    });
    assertEquals(await limits.getByLabel("Quotes").isChecked(), false);
    assertEquals(await limits.getByRole("button", { name: "Save" }).isDisabled(), true);
    assertEquals(await actsSince(last), byNaledi("settings", "settings"));

    const administrator = new Administrator(stack);
    const isThere = async () =>
      (await administrator.fields("Deals")).some(({ api_name }) => api_name === "Risk_Tier");
    await administrator.delete("Deals", "Risk_Tier");
    assertEquals(await isThere(), false);
    const fields = page.getByRole("region", { name: "Fields in Zoho" });
    await fields.getByRole("button", { name: "Read the fields" }).click();
    await fields.getByRole("row", { name: /Risk_Tier/ }).waitFor();
    await fields.getByRole("button", { name: "Make 1 missing field" }).click();
    await confirm(page, "Make them", "Risk_Tier");
    await said(page, "1 field made or changed in Zoho.");
    assertEquals(await isThere(), true);
    assertEquals(await actsSince(last), byNaledi("fields: apply"));

    const channel = page.getByRole("region", { name: "Notification channels" });
    await channel.getByRole("button", { name: "Open a channel" }).click();
    await said(page, "The channel is open.");
    await channel.getByRole("row", { name: /Deals/ }).waitFor();
    await channel.getByRole("button", { name: "Renew" }).click();
    await said(page, "The channel is renewed.");
    assertEquals(await actsSince(last), byNaledi("watch: open", "watch: renew"));

    await open(page, "#/alerts", "Alerts");
    await page.getByRole("button", { name: "Set up JSON webhook" }).click();
    await page.getByLabel("Address (https)").fill("https://hooks.alerts.invalid/secret-path");
    await confirm(page, "Save", "Bearer token");
    await said(page, "JSON webhook: set up. Send a test alert to try it.");
    await page.getByRole("button", { name: "Send a test alert" }).click();
    await said(page, "Test alert: webhook accepted it, hook did not (NETWORK).");
    assertEquals(received.length, 1);
    await page.getByRole("button", { name: "Remove JSON webhook" }).click();
    await confirm(page, "Remove", "no alert goes there any more");
    assertEquals((await sql`select from zoho_sync.alert_channels where sealed is not null`).length, 0);
    assertEquals(await actsSince(last), byNaledi("set alert channel", "test alert", "remove alert channel"));

    const owner = async () =>
      (await sql<Row[]>`select project_host from zoho_sync.identity`)[0]?.project_host;
    const own = await owner();
    await sql`update zoho_sync.identity set project_host = 'production.supabase.co'`;
    await open(page, "#/settings", "Settings");
    const identity = page.getByRole("region", { name: "Database and org" });
    await identity.getByText("no, until it is adopted").waitFor();
    await identity.getByRole("button", { name: "Adopt …" }).click();
    await page.getByRole("dialog").getByText("production.supabase.co").waitFor();
    await page.getByLabel(/this one takes over its Zoho org/).check();
    await confirm(page, "Adopt it", /writes for this database/);
    await said(page, "The database now belongs to this project.");
    await identity.getByText("no, until it is adopted").waitFor({ state: "detached" });
    assertEquals(await owner(), own);
    assertEquals(await actsSince(last), byNaledi("adopt database"));
  });
});

Deno.test("each list is saved as CSV, with the filters that it is shown by", async () => {
  const { stack } = context;
  const { contract, dealId } = await inStep(stack);
  const number = String(contract.contract_number);
  await stack.zoho.edit("Deals", dealId, { Risk_Tier: "High" });
  await tell(stack, edited(dealId, { Risk_Tier: "High" }));
  await settled(stack, contract);
  await stack.sql`
    insert into public.zoho_sync_queue (entity_type, entity_id, lane, cause, status, failed_rounds, error_code)
    values ('contract', ${contract.id}, 0, 'contracts update', 'dead', 3, 'INVALID_DATA')`;
  await visitAsAdmin(context, {}, async ({ page }) => {
    const lists: [hash: string, title: string, file: string, row: RegExp][] = [
      [`#/attempts?text=${number}`, "Attempts", "attempts.csv", new RegExp(`${number}.*success`)],
      [
        `#/events?text=${number}`,
        "Events",
        "events.csv",
        new RegExp(`put_back.*${number}|${number}.*put_back`),
      ],
      ["#/problems", "Problems", "problems.csv", new RegExp(`${number}.*INVALID_DATA`)],
    ];
    for (const [hash, title, file, row] of lists) {
      await open(page, hash, title);
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "CSV" }).first().click(),
      ]);
      assertEquals(download.suggestedFilename(), file);
      const [head = "", ...rows] = (await Deno.readTextFile(await download.path())).trim().split("\r\n");
      assertMatch(head, /number/);
      assertMatch(rows.join("\n"), row, title);
      if (hash.includes("text=")) assertEquals(rows.filter((each) => !each.includes(number)), [], title);
    }
  });
  await stack.sql`delete from public.zoho_sync_queue where status = 'dead'`;
});

Deno.test("the queue names the modules that failed by themselves and the records that a person holds, and releases them", async () => {
  const { stack } = context;
  const { contract } = await inStep(stack);
  const number = String(contract.contract_number);
  const last = { id: 0 };
  await actsSince(last);
  await stack
    .sql`select public.zoho_hold_module('Invoices', 'HTTP_500', 'Zoho''s module Invoices is failing.')`;
  await heldBy(stack, "Invoices", "HTTP_500");
  await stack.sql`select public.zoho_hold_record('contract', ${contract.id}, 'secret key', 'a dispute')`;
  await visitAsAdmin(context, {}, async ({ page }) => {
    await page.getByRole("link", { name: /Zoho's Invoices .* cannot be written/ }).click();
    await heading(page, "Queue").waitFor();
    const resting = page.getByRole("region", { name: "Modules that are on hold" });
    await resting.getByText(/Zoho's module Invoices has failed since .*\(HTTP_500\)/).waitFor();
    await resting.getByRole("link", { name: "What to do" }).click();
    await heading(page, "HTTP_500").waitFor();
    await page.goBack();
    const held = page.getByRole("table", { name: "Held records" });
    await held.getByRole("row", { name: new RegExp(`${number}.*secret key.*a dispute`) }).waitFor();
    await held.getByRole("button", { name: `Release ${number}` }).click();
    await said(page, "The record is released; its waiting changes are sent.");
    await held.waitFor({ state: "detached" });
    const holds = () => stack.sql`select from zoho_sync.record_holds where entity_id = ${contract.id}`;
    assertEquals((await holds()).length, 0);
    await undo(page);
    await held.getByRole("button", { name: `Release ${number}` }).waitFor();
    assertEquals((await holds()).length, 1);
    assertEquals(await actsSince(last), byNaledi("release", "hold"));
  });
  await stack.sql`delete from zoho_sync.module_holds`;
});

/** Buttons of reading: everything else that can be pressed would be refused. */
const reads =
  /^(Skip to the content|Menu|Find a record|Use the (dark|light) theme|Sign out.*|CSV|Filter|Show .*|Hide .*|How to fix it|Read .*|Run all checks|Select .*|All.*|Only what differs|Every.*|In Zoho|To Zoho|Operators|Compliance|Ordinary|Backfill|Pending|In flight|Failed|Differ.*|Missing in Zoho|Extra in Zoho|On their way|Accounts|Contacts|Deals|Invoices|Products|Quotes|Naledi Admin .*|.* in Zoho .*|CircleTel .*|What to do)$/;

Deno.test("a role that may only read sees every page, and no button that it could not use is enabled", async () => {
  const { stack } = context;
  const { contract } = await inStep(stack, { contract: { status: "active" } });
  const number = String(contract.contract_number);
  await stack.sql`
    insert into public.zoho_sync_queue (entity_type, entity_id, lane, cause, status, failed_rounds, error_code)
    values ('contract', ${contract.id}, 0, 'contracts update', 'dead', 3, 'INVALID_DATA')`;
  const reader = { ...LOCAL_ADMIN, email: "reader@circletel.example" };
  const id = await seedAdmin(stack, reader, "Rita Reader");
  await stack.sql`update public.admin_users set role = 'manager' where id = ${id}`;
  await visit(context, {}, async ({ page }) => {
    await signIn(page, reader);
    await heading(page, "Overview").waitFor();
    await page.getByRole("link", { name: "Read only" }).waitFor();
    const pages = [
      "Queue",
      "Problems",
      "Attempts",
      "Events",
      "Reconcile",
      "Backfill",
      "Alerts",
      "Activity",
      "Settings",
    ];
    const wrong: string[] = [];
    const look = async (title: string) => {
      for (const button of await page.getByRole("button", { disabled: false }).all()) {
        const name = (await button.getAttribute("aria-label") ?? await button.innerText()).trim().replace(
          /\s+/g,
          " ",
        );
        if (!reads.test(name)) wrong.push(`${title}: ${name}`);
      }
    };
    for (const title of pages) {
      await open(page, `#/${title.toLowerCase()}`, title);
      if (title !== "Activity") await look(title);
    }
    const pause = page.getByRole("button", { name: "Pause" });
    assertEquals([await pause.isDisabled(), await pause.getAttribute("title")], [
      true,
      "Your role is read-only",
    ]);
    await open(page, `#/contract/${number}`, number);
    await look(number);
    await page.getByText("Your role is read-only.").waitFor();
    assertEquals(wrong, []);
  });
});
