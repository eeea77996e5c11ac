import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { MIGRATIONS } from "../../local/migrate.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { productionParts } from "../support/production_shape.ts";
import { insertContract, insertKycSession, insertRicaSubmission } from "../support/fixtures.ts";
import { statusOf } from "../support/linked.ts";
import { settled } from "../support/queue.ts";
import { idOf, pick } from "../support/rows.ts";
import { settledDeal } from "../support/sale.ts";
import { quickNet } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { tellChanges, webhookEnv } from "../support/webhook.ts";
import {
  addInvoice,
  allTypes,
  quoteFor,
  settledEstimate,
  settledInvoice,
  shownLines,
} from "./record_types_steps.ts";

// From a commit in CircleTel's production database, where most columns may be NULL, to the record in Zoho.

let stack: Stack;
let migrations: string;
Deno.test.beforeAll(async () => {
  migrations = await productionMigrations();
  stack = await startStack({
    migrations,
    shape: { privileges: "old" },
    cron: false,
    net: quickNet,
    functions: ["zoho-sync", "zoho-webhook"],
    types: allTypes,
    functionEnv: webhookEnv,
  });
  await tellChanges(stack);
});
Deno.test.afterAll(async () => {
  await stack.stop();
  await Deno.remove(migrations, { recursive: true });
});

/** The project's migrations, with production before them. */
async function productionMigrations(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "production_" });
  await Deno.writeTextFile(
    join(folder, "20250101000000_production.sql"),
    productionParts("unrecorded").join("\n"),
  );
  for await (const { name, isFile } of Deno.readDir(MIGRATIONS)) {
    if (isFile) await Deno.copyFile(join(MIGRATIONS, name), join(folder, name));
  }
  return folder;
}

Deno.test("a quote with NULL where production allows it is an Estimate that Zoho takes", async () => {
  const { quote, customer } = await quoteFor(stack, {
    customer: { account_type: null, business_name: null },
    quote: {
      status: null,
      contract_term: null,
      total_monthly: null,
      total_installation: null,
      created_at: null,
      valid_until: "2026-12-15",
    },
    items: [
      { quantity: null, installation_price: null, display_order: null },
      { service_name: null, monthly_price: null, item_type: null, service_type: null },
    ],
  });
  await insertKycSession(stack.sql, quote.id, { status: null, verification_result: null, created_at: null });
  const estimate = await settledEstimate(stack, quote);
  assertEquals(pick(estimate, ["Quote_Stage", "Valid_Till", "KYC_Status"]), {
    Quote_Stage: "Draft",
    Valid_Till: "2026-12-15",
    KYC_Status: "Not Started",
  });
  // The order of the second is 1; what has none comes last.
  assertEquals(await shownLines(stack, estimate), [
    { product: "CircleTel services", quantity: 1, price: 0, description: "per month" },
    { product: "CircleTel services (installation)", quantity: 1, price: 1500, description: "once-off" },
    { product: "BizFibre Connect 100", quantity: 1, price: 1999, description: "per month" },
  ]);
  const contact = await stack.zoho.record("Contacts", idOf(estimate.Contact_Name) ?? "");
  assertEquals(contact.Email, customer.email);
});

Deno.test("a quote without items and totals is an Estimate with a sum of zero", async () => {
  const { quote } = await quoteFor(stack, {
    quote: { contract_term: null, total_monthly: null, total_installation: null },
    items: [],
  });
  assertEquals(await shownLines(stack, await settledEstimate(stack, quote)), [
    { product: "CircleTel services", quantity: 1, price: 0, description: "per month" },
  ]);
});

Deno.test("a contract with NULL where production allows it is a Deal, and a seller may move it", async () => {
  const { quote } = await quoteFor(stack, { quote: { valid_until: "2026-12-15" } });
  const contract = await stack.sql.begin(async (tx) => {
    const kyc = await insertKycSession(tx, quote.id, { status: null, risk_tier: null, completed_at: null });
    await insertRicaSubmission(tx, kyc.id, { status: null, created_at: null, approved_at: null });
    return await insertContract(tx, quote.id, {
      kyc_session_id: kyc.id,
      status: null,
      contract_type: null,
      contract_term_months: null,
      start_date: null,
      end_date: null,
      monthly_recurring: null,
      installation_fee: null,
      total_contract_value: null,
      created_at: null,
    });
  });
  const deal = await settledDeal(stack, contract);
  const fields = [
    "Stage",
    "Amount",
    "Closing_Date",
    "KYC_Status",
    "KYC_Verified_Date",
    "Risk_Tier",
    "RICA_Status",
  ];
  assertEquals(pick(deal, fields), {
    Stage: "Proposal/Price Quote",
    Amount: null,
    Closing_Date: "2026-12-15",
    KYC_Status: "Not Started",
    KYC_Verified_Date: null,
    Risk_Tier: null,
    RICA_Status: null,
  });

  await stack.zoho.edit("Deals", deal.id, { Stage: "Closed Won" });
  await until(async () => await statusOf(stack, contract) === "active", { what: "active" });
  await stack.sql`update public.business_quotes set valid_until = '2027-01-31' where id = ${quote.id}`;
  await settled(stack, [contract, quote]);
  assertEquals(pick(await settledDeal(stack, contract), ["Stage", "Closing_Date"]), {
    Stage: "Closed Won",
    Closing_Date: "2027-01-31",
  });
});

Deno.test("an invoice with NULL where production allows it is an Invoice with a sum of zero", async () => {
  const { customer } = await quoteFor(stack, { customer: { account_type: null } });
  const invoice = await addInvoice(stack, customer, {
    invoice_date: null,
    due_date: null,
    total_amount: null,
    status: null,
    created_at: null,
  });
  const record = await settledInvoice(stack, invoice);
  assertEquals(pick(record, ["Status", "Invoice_Date", "Due_Date"]), {
    Status: "Created",
    Invoice_Date: null,
    Due_Date: null,
  });
  assertEquals(await shownLines(stack, record), [
    { product: "CircleTel services", quantity: 1, price: 0, description: "invoice total" },
  ]);
});
