import { assert, assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { webhookEnv } from "../support/webhook.ts";
import { reconcileAll, repairRun } from "./reconcile_steps.ts";
import { dealOf, sell, settledDeal } from "../support/sale.ts";
import { renewedStack } from "../support/renewed_stack.ts";
import { idOf } from "../support/rows.ts";
import { settled } from "../support/queue.ts";

// Accounts and Contacts that sellers merge or delete without a word: the remembered ids follow.

const renewed = renewedStack({
  functions: ["zoho-sync", "zoho-admin"],
  functionEnv: webhookEnv,
});
let stack: Stack;
Deno.test.beforeEach(async () => {
  stack = await renewed.renew();
});
Deno.test.afterAll(() => renewed.stop());

async function rememberedAccounts(): Promise<string[]> {
  const rows = await stack.sql<{ zoho_id: string }[]>`select zoho_id from public.zoho_accounts order by 1`;
  return rows.map(({ zoho_id }) => zoho_id);
}

Deno.test("an Account that survived a merge is the one its Deals point to, whatever its name", async () => {
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  const master = await stack.zoho.create("Accounts", { Account_Name: "Karoo Traders (Pty) Ltd" });
  await stack.zoho.merge("Accounts", master, [idOf(deal.Account_Name) ?? ""]);
  await reconcileAll(stack);
  await settled(stack, contract);
  assertEquals(await rememberedAccounts(), [master]);
  assertEquals(idOf((await dealOf(stack, contract)).Account_Name), master);
  assertEquals((await stack.zoho.records("Accounts")).length, 1);
  assertEquals((await reconcileAll(stack)).counts.match, 1);
});

Deno.test("a deleted Account is forgotten and made again for its Deals", async () => {
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  const gone = idOf(deal.Account_Name) ?? "";
  await stack.zoho.delete("Accounts", gone);
  await reconcileAll(stack);
  await settled(stack, contract);
  const [account, ...others] = await rememberedAccounts();
  assert(account !== undefined && account !== gone && others.length === 0);
  assertEquals(idOf((await dealOf(stack, contract)).Account_Name), account);
  assertEquals((await reconcileAll(stack)).counts.match, 1);
});

Deno.test("a Contact that survived a merge is the customer's, and gets the customer's name back", async () => {
  const { contract, customer } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  const master = await stack.zoho.create("Contacts", { Last_Name: "Duplicate", Email: "old@example.co.za" });
  await stack.zoho.merge("Contacts", master, [idOf(deal.Contact_Name) ?? ""]);
  await reconcileAll(stack);
  await settled(stack, contract);
  assertEquals(idOf((await dealOf(stack, contract)).Contact_Name), master);
  const contacts = await stack.zoho.records("Contacts");
  assertEquals(contacts.map(({ id, Email }) => [id, Email]), [[master, customer?.email]]);
  assertEquals((await reconcileAll(stack)).counts.match, 1);
});

Deno.test("a deleted Contact is forgotten and made again for its Deals", async () => {
  const { contract } = await sell(stack);
  const deal = await settledDeal(stack, contract);
  const gone = idOf(deal.Contact_Name) ?? "";
  await stack.zoho.delete("Contacts", gone);
  await reconcileAll(stack);
  await settled(stack, contract);
  const contact = idOf((await dealOf(stack, contract)).Contact_Name);
  assert(contact !== null && contact !== gone);
  assertEquals((await stack.zoho.records("Contacts")).map(({ id }) => id), [contact]);
});

Deno.test("a Contact whose link was lost is linked again by its reference, whatever its name", async () => {
  await stack.sql`update public.zoho_sync_state set synced_types = '{contract,customer}' where id`;
  const { contract, customer } = await sell(stack);
  const contactId = idOf((await settledDeal(stack, contract)).Contact_Name) ?? "";
  await stack.sql`delete from public.zoho_entity_mappings where zoho_type = 'Contacts'`;
  await stack.zoho.edit("Contacts", contactId, { Last_Name: "Other", Email: "other@example.co.za" });
  const report = await reconcileAll(stack, { entity: "customer" });
  const [item] = report.items;
  assertEquals([item?.reason, item?.zohoId, item?.reference], ["not_linked", contactId, customer?.id]);
  await repairRun(stack, report.run.id);
  if (customer) await settled(stack, customer);
  const [contact, ...others] = await stack.zoho.records("Contacts");
  assertEquals([contact?.id, contact?.Email, others.length], [contactId, customer?.email, 0]);
});
