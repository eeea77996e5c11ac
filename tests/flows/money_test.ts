import { assertEquals } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import { clusterUrl } from "../support/cluster.ts";
import { quickNet } from "../support/stack.ts";
import { allTypes, insertInvoice, quoteFor, settledEstimate, settledInvoice } from "./record_types_steps.ts";

// What Zoho shows as the sum is what CircleTel's customer pays.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({
    clusterUrl,
    cron: false,
    net: quickNet,
    functions: ["zoho-sync"],
    types: allTypes,
  });
});
Deno.test.afterAll(() => stack.stop());

const orgs = {
  "adds no tax to lines": {},
  "adds a tax to lines that come without one": { lineTax: { name: "VAT", percentage: 15 } },
  "keeps every decimal of an amount": { roundsCurrency: false },
};

for (const [what, settings] of Object.entries(orgs)) {
  Deno.test(`sums are CircleTel's where the org ${what}, and stay so when a price changes`, async () => {
    await stack.zoho.changeSettings({ lineTax: null, roundsCurrency: true, ...settings });
    const { quote, customer, items } = await quoteFor(stack, {
      items: [
        { quantity: 3, monthly_price: 99.99, installation_price: -50.5 },
        { service_name: "Static IP", monthly_price: 49.5, installation_price: 0 },
      ],
    });
    assertEquals((await settledEstimate(stack, quote)).Grand_Total, 197.97);
    await stack.sql`update public.business_quote_items set monthly_price = 100 where id = ${
      items[0]?.id ?? null
    }`;
    assertEquals((await settledEstimate(stack, quote)).Grand_Total, 198);
    const invoice = await insertInvoice(stack, customer, { total_amount: 2298.85 });
    assertEquals((await settledInvoice(stack, invoice)).Grand_Total, 2298.85);
  });
}
