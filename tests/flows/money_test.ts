import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import { sweep } from "../support/queue.ts";
import { dealOf, sell, settledDeal } from "../support/sale.ts";
import { withStack } from "../support/stack.ts";
import { deadLetter, knownField, letFieldsBeDue } from "./fields_steps.ts";
import {
  addInvoice,
  allTypes,
  quoteFor,
  recordsWith,
  settledEstimate,
  settledInvoice,
  startAllTypes,
} from "./record_types_steps.ts";

// What Zoho shows as the sum is what CircleTel's customer pays.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startAllTypes();
  // CircleTel's own columns hold two decimals.
  await stack.sql`alter table public.business_quote_items alter monthly_price type numeric(12, 3)`;
  await stack.sql`alter table public.contracts alter total_contract_value type numeric(12, 3)`;
});
Deno.test.afterAll(() => stack.stop());

const orgs = {
  "adds no tax to lines": {},
  "adds a tax to lines that come without one": { lineTax: { name: "VAT", percentage: 15 } },
  "keeps every decimal of an amount": { roundsCurrency: false },
};

/** An org with these currencies, the first of them its home currency, whose fields the next drain reads. */
async function orgIn(...codes: string[]): Promise<void> {
  await stack.zoho.clearFaults();
  const currencies = codes.map((code, index) => ({ code, rate: index === 0 ? 1 : 0.054321 }));
  await stack.zoho.changeSettings({
    lineTax: null,
    roundsCurrency: true,
    currencies: codes.length === 0 ? null : currencies,
  });
  await letFieldsBeDue(stack);
}

for (const [what, settings] of Object.entries(orgs)) {
  Deno.test(`sums are CircleTel's where the org ${what}, and stay so when a price changes`, async () => {
    await orgIn();
    await stack.zoho.changeSettings(settings);
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
    const invoice = await addInvoice(stack, customer, { total_amount: 2298.85 });
    assertEquals((await settledInvoice(stack, invoice)).Grand_Total, 2298.85);
  });
}

Deno.test("lines carry no tax where ZOHO_LINE_TAX leaves it to the org, and the org adds its own", () =>
  withStack({
    cron: false,
    functions: ["zoho-sync"],
    types: allTypes,
    functionEnv: { ZOHO_LINE_TAX: "leave" },
  }, async (leaving) => {
    await leaving.zoho.changeSettings({ lineTax: { name: "VAT", percentage: 15 } });
    const { quote } = await quoteFor(leaving, { items: [{ monthly_price: 100, installation_price: 0 }] });
    assertEquals((await settledEstimate(leaving, quote)).Grand_Total, 115);
  }));

Deno.test("lines whose tax Zoho refuses are sent without it, on create and update, and the dead letter says so", async () => {
  await orgIn();
  const { quote, items } = await quoteFor(stack, { items: [{ monthly_price: 100 }] });
  const refused = async (method: "POST" | "PUT") => {
    await stack.zoho.addFaults({
      match: { method, module: "Quotes", text: "Line_Tax" },
      kind: "record_error",
      code: "INVALID_DATA",
      at: "Quoted_Items[0].Line_Tax",
    });
  };
  await refused("POST");
  await refused("PUT");
  const problemAndSum = async () => {
    const { error_code, error_message } = await deadLetter(stack, quote);
    assertStringIncludes(String(error_message), "ZOHO_LINE_TAX=leave");
    const [estimate] = await recordsWith(stack, "Quotes", quote.quote_number);
    return [error_code, estimate?.Grand_Total];
  };
  assertEquals(await problemAndSum(), ["LINE_TAX_REFUSED", 1600]);
  await stack.sql`update public.business_quote_items set monthly_price = 200 where id = ${
    items[0]?.id ?? null
  }`;
  assertEquals(await problemAndSum(), ["LINE_TAX_REFUSED", 1700]);
});

for (const roundsCurrency of [true, false]) {
  const what = roundsCurrency ? "rounds it" : "keeps it";
  Deno.test(`a third decimal is sent as two where the org ${what}, and a later look finds nothing to correct`, async () => {
    await orgIn();
    await stack.zoho.changeSettings({ roundsCurrency });
    const { quote } = await quoteFor(stack, { items: [{ monthly_price: 10.126, installation_price: 0 }] });
    const { contract } = await sell(stack, { contract: { total_contract_value: 899.126 } });
    const sums = async () => [
      (await settledEstimate(stack, quote)).Grand_Total,
      (await settledDeal(stack, contract)).Amount,
    ];
    assertEquals(await sums(), [10.13, 899.13]);
    const { lastSeq } = await stack.zoho.changes();
    await stack.sql`
      insert into public.zoho_sync_queue (entity_type, entity_id, cause, look)
      values ('quote', ${quote.id}, 'test', true), ('contract', ${contract.id}, 'test', true)`;
    await sweep(stack);
    assertEquals(await sums(), [10.13, 899.13]);
    assertEquals((await stack.zoho.changes({ since: lastSeq })).changes, []);
  });
}

Deno.test("sums are in rand where the home currency is another, also on existing records, and stay so", async () => {
  await orgIn();
  const { quote, customer, items } = await quoteFor(stack, { items: [{ monthly_price: 99.99 }] });
  assertEquals((await settledEstimate(stack, quote)).Currency, undefined);
  const { data_type, problem } = await knownField(stack, "Quotes", "Currency");
  assertEquals([data_type, problem], [null, null]);

  await orgIn("USD", "ZAR");
  const { contract } = await sell(stack, { contract: { total_contract_value: 899 } });
  const invoice = await addInvoice(stack, customer, { total_amount: 2298.85 });
  const shown = async () => {
    const deal = await settledDeal(stack, contract);
    const estimate = await settledEstimate(stack, quote);
    const { Grand_Total, Currency } = await settledInvoice(stack, invoice);
    return [
      [deal.Amount, deal.Currency],
      [estimate.Grand_Total, estimate.Currency],
      [Grand_Total, Currency],
    ];
  };
  assertEquals(await shown(), [[899, "ZAR"], [1599.99, "ZAR"], [2298.85, "ZAR"]]);

  await stack.sql`update public.contracts set total_contract_value = 900 where id = ${contract.id}`;
  await stack.sql`update public.business_quote_items set monthly_price = 100 where id = ${
    items[0]?.id ?? null
  }`;
  await stack.sql`update public.customer_invoices set total_amount = 2300 where id = ${invoice.id}`;
  assertEquals(await shown(), [[900, "ZAR"], [1600, "ZAR"], [2300, "ZAR"]]);
});

Deno.test("an org without the rand gets the rest of the record, and the currency is a dead letter of its own", async () => {
  await orgIn("USD", "EUR");
  const { contract } = await sell(stack);
  const { error_code, error_field } = await deadLetter(stack, contract);
  assertEquals([error_code, error_field], ["PICKLIST_VALUE_MISSING", "Currency"]);
  const { Currency, KYC_Status } = await dealOf(stack, contract);
  assertEquals([Currency, KYC_Status], ["USD", "Completed"]);
});
