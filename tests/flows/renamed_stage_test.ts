import { assertEquals } from "@std/assert";
import { Administrator } from "../support/administrator.ts";
import { queueRow } from "../support/queue.ts";
import { inStep, mappingOf, openQuestionsOf } from "../support/linked.ts";
import { sell, settledDeal } from "../support/sale.ts";
import { quickNet, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { bookmark, writesOf } from "../support/zoho_calls.ts";
import { letFieldsBeDue } from "./fields_steps.ts";

// An administrator renames a stage: its displayed value changes, its actual one stays. What Zoho takes is a question that its
// documents leave open (zoho-open-questions 21), so a contract's stage arrives in an org of either kind.

const displayed: Record<string, string> = {
  "Proposal/Price Quote": "Offer is out",
  "Closed Won": "Signed and done",
};

for (const picklistWrites of ["display", "actual"] as const) {
  for (const picklistReads of ["display", "actual"] as const) {
    Deno.test(`a renamed stage is written where Zoho takes its ${picklistWrites} value and reads show its ${picklistReads} one`, () =>
      withStack({ cron: false, net: quickNet, functions: ["zoho-sync"], readFields: true }, async (stack) => {
        const options = Object.entries(displayed).map(([actual_value, display_value]) => ({
          actual_value,
          display_value,
        }));
        await new Administrator(stack).change("Deals", "Stage", { pick_list_values: options });
        await letFieldsBeDue(stack);
        await stack.zoho.changeSettings({ picklistWrites, picklistReads, unlistedStages: "refuse" });
        const shown = (stage: string) => picklistReads === "display" ? displayed[stage] : stage;

        const { contract } = await sell(stack);
        const { id, Stage } = await settledDeal(stack, contract);
        assertEquals(Stage, shown("Proposal/Price Quote"));

        const mark = await bookmark(stack);
        await stack.sql`update public.contracts set status = 'active' where id = ${contract.id}`;
        assertEquals((await settledDeal(stack, contract)).Stage, shown("Closed Won"));
        const { snapshot, agreed_status } = await mappingOf(stack, contract);
        assertEquals([(snapshot as Record<string, unknown>).Stage, agreed_status], ["Closed Won", "active"]);
        assertEquals((await writesOf(stack, String(id), mark)).length, 1, "it is written once");
      }));
  }
}

Deno.test("a stage that the org's picklist lost waits alone, and the next look finds no strange write", () =>
  withStack({ cron: false, net: quickNet, functions: ["zoho-sync"], readFields: true }, async (stack) => {
    const { contract, dealId } = await inStep(stack);
    const { CircleTel_Revision: revision } = await stack.zoho.record("Deals", dealId);
    await new Administrator(stack).change("Deals", "Stage", {
      pick_list_values: [{ actual_value: "Closed Lost", _delete: null }],
    });
    await letFieldsBeDue(stack);

    const refused = (status: string, amount: number) =>
      until(async () => {
        await stack.sql`
          update public.contracts set status = ${status}, total_contract_value = ${amount}
          where id = ${contract.id} and total_contract_value <> ${amount}`;
        const row = await queueRow(stack, contract);
        const isThere = (await stack.zoho.record("Deals", dealId)).Amount === amount;
        return isThere && row?.status === "dead" ? row : undefined;
      }, { what: "the amount without the stage", seen: () => queueRow(stack, contract) });
    const { error_code, error_field } = await refused("terminated", 77);
    assertEquals([error_code, error_field], ["PICKLIST_VALUE_MISSING", "Stage"]);
    const deal = await stack.zoho.record("Deals", dealId);
    assertEquals(deal.CircleTel_Revision, revision);

    await refused("terminated", 78);
    assertEquals(await openQuestionsOf(stack, contract), []);
  }));
