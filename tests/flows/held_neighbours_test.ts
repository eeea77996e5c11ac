import { assert, assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { idOf } from "../support/rows.ts";
import { drainEnded, queueRow, settled, sweep } from "../support/queue.ts";
import { dealOf, sell, settledDeal } from "../support/sale.ts";
import { until } from "../support/until.ts";
import { settledEstimate, startAllTypes } from "./record_types_steps.ts";

// A module that a record only points to, or that points to the same, and a text of one record: neither holds back the others.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startAllTypes();
});
Deno.test.afterAll(() => stack.stop());
Deno.test.afterEach(async () => {
  await stack.zoho.changeSettings({ noPermission: [] });
  await stack.sql`select public.zoho_resume()`;
});

Deno.test("forbidden Contacts: a Deal whose Contact a seller changed is written, and Deals are not held", async () => {
  const { contract, kyc } = await sell(stack);
  const { id } = await settledDeal(stack, contract);
  await stack.zoho.edit("Deals", id, { Contact_Name: null });
  await stack.zoho.changeSettings({ noPermission: ["Contacts"] });
  await stack.sql`update public.contracts set status = 'active' where id = ${contract.id}`;
  await stack.sql`update public.kyc_sessions set risk_tier = 'high' where id = ${kyc?.id ?? null}`;
  const deal = await settledDeal(stack, contract);
  assertEquals([deal.Risk_Tier, deal.Stage], ["High", "Closed Won"]);
  const held = await stack.sql`select module from zoho_sync.module_holds where module = 'Deals'`;
  assertEquals(held.length, 0);
});

Deno.test(
  "forbidden Quotes: a lost Account of a Deal and an Estimate is replaced, and Accounts are not held",
  async () => {
    const { quote, contract: first } = await sell(stack, { quote: { company_name: "Forbidden Forests" } });
    await settledEstimate(stack, quote);
    const accountId = idOf((await settledDeal(stack, first)).Account_Name) ?? "";
    await stack.zoho.changeSettings({ noPermission: ["Quotes"] });
    await stack.zoho.delete("Accounts", accountId);
    const { contract } = await sell(stack, {
      quote: { company_name: "Forbidden Forests", quote_number: null },
    });
    await until(async () => (await queueRow(stack, contract))?.error_code === "LINK_FAILED", {
      what: "the refused link",
    });
    const held = await stack.sql`select module from zoho_sync.module_holds where module = 'Accounts'`;
    assertEquals(held.length, 0);
    await stack
      .sql`update public.zoho_sync_queue set next_attempt_at = now() where entity_id = ${contract.id}`;
    await drainEnded(stack);
    await sweep(stack);
    const linked = idOf((await settledDeal(stack, contract)).Account_Name);
    assert(linked !== null && linked !== accountId);
  },
);

for (const [what, text] of [["half a character", "\ud83d half"], ["a NUL", "\0 nothing"]] as const) {
  Deno.test(`a Deal into which sales pasted ${what} does not keep the wave from being settled`, async () => {
    const { contract } = await sell(stack);
    const { contract: other } = await sell(stack);
    const { id } = await settledDeal(stack, contract);
    await settledDeal(stack, other);
    await stack.zoho.edit("Deals", id, { Deal_Name: text });
    await stack.sql`
      update public.contracts set status = 'active' where id in ${stack.sql([contract.id, other.id])}`;
    await settled(stack, [contract, other]);
    assertEquals((await dealOf(stack, contract)).Deal_Name, `Contract ${contract.contract_number}`);
  });
}
