import { assertEquals } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import type { ZohoRecord } from "../../local/zoho/mod.ts";
import { clusterUrl } from "../support/cluster.ts";
import { fold } from "../support/fold.ts";
import { insertContract, insertQuote, insertQuoteItem, type Row } from "../support/fixtures.ts";
import { idOf } from "../support/rows.ts";
import { dealOf, type Sale, sellAll } from "../support/sale.ts";
import { quickNet } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { deliver, webhookEnv } from "../support/webhook.ts";
import { allTypes, insertInvoice, recordsWith } from "./record_types_steps.ts";

// Sales merge records while something of ours waits to be sent: what they merged stays merged, and the survivor has our
// values, whichever of the two was changed, and whether Zoho's hint or the change came first.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({
    clusterUrl,
    cron: false,
    net: quickNet,
    functions: ["zoho-sync", "zoho-webhook"],
    functionEnv: webhookEnv,
    types: allTypes,
  });
});
Deno.test.afterAll(() => stack.stop());

/** A company of ours: one customer with a contract, its quote and an invoice. */
interface Company {
  name: string;
  sale: Sale;
  customer: Row;
  invoice: Row;
}

let companies = 0;
async function twoCompanies(): Promise<[Company, Company]> {
  const names = [`Merged ${++companies} Works`, `Merged ${++companies} Works`];
  const sales = await sellAll(
    stack.sql,
    names.map((name) => ({
      customer: { business_name: name, last_name: name },
      quote: { company_name: name, contract_term: 24 },
    })),
  );
  const made = await Promise.all(sales.map(async (sale, index): Promise<Company> => {
    const { customer } = sale;
    if (customer === null) throw new Error("nobody bought");
    await insertQuoteItem(stack.sql, sale.quote.id);
    return { name: names[index] ?? "", sale, customer, invoice: await insertInvoice(stack, customer) };
  }));
  await workedOff();
  const [a, b] = made;
  if (a === undefined || b === undefined) throw new Error("nothing was sold");
  return [a, b];
}

/** Until nothing is queued but dead letters; what waits for its next round need not wait. */
async function workedOff(): Promise<void> {
  let left: unknown;
  await until(async () => {
    await fold(stack.sql);
    await stack.sql`
      update public.zoho_sync_queue set next_attempt_at = now() where status = 'pending' and next_attempt_at > now()`;
    left = await stack.sql`
      select entity_type, status, error_code, error_field, error_message from public.zoho_sync_queue where status <> 'dead'`;
    if ((left as unknown[]).length > 0) await stack.invoke("zoho-sync", {});
    return (left as unknown[]).length === 0;
  }, { what: "a queue that is worked off", seen: () => left });
  const dead = await stack.sql`
    select entity_type, error_code, error_field, error_message from public.zoho_sync_queue`;
  assertEquals([...dead], []);
}

async function whilePaused(work: () => Promise<void>): Promise<void> {
  await stack.sql`select public.zoho_pause('TEST', 'as if Zoho were away', null, true)`;
  await work();
  await stack.sql`select public.zoho_resume()`;
  await workedOff();
}

const hintOf = (module: string, record_id: string) => () =>
  deliver(stack, { module, operation: "delete", record_id, record_data: {} });

/** Everything of a company's that points to an Account and a Contact, as Zoho has it. */
async function recordsOf({ sale, invoice }: Company, more: Row[] = []): Promise<ZohoRecord[]> {
  return [
    await dealOf(stack, sale.contract),
    ...await recordsWith(stack, "Quotes", sale.quote.quote_number),
    ...await recordsWith(stack, "Invoices", invoice.invoice_number),
    ...await Promise.all(more.map((contract) => dealOf(stack, contract))),
  ];
}

/** What CircleTel changes of a company meanwhile: a value, the status, an invoice, and a contract more. */
async function change({ sale, customer, invoice, name }: Company): Promise<Row> {
  return await stack.sql.begin(async (sql) => {
    await sql`update public.contracts set total_contract_value = 77, status = 'active' where id = ${sale.contract.id}`;
    await sql`update public.customer_invoices set total_amount = 55 where id = ${invoice.id}`;
    await sql`update public.customers set first_name = 'Changed' where id = ${customer.id}`;
    const quote = await insertQuote(sql, { customer_id: customer.id, company_name: name });
    await insertQuoteItem(sql, quote.id);
    return await insertContract(sql, quote.id, { customer_id: customer.id });
  });
}

const accountsCalled = async (name: string) =>
  (await stack.zoho.records("Accounts")).filter(({ Account_Name }) => Account_Name === name).map(({ id }) =>
    id
  );

const orders = {
  "the hint first": [1, 2],
  "the change first": [2, 1],
  "no hint at all": [2],
} as const;

for (const changed of ["loser", "survivor"] as const) {
  for (const [order, steps] of Object.entries(orders)) {
    const title = `the ${changed}'s side has a change, ${order}`;

    /** Merges as sales do, and changes one side. */
    const merged = async (module: string, master: string, loser: string, company: Company): Promise<Row> => {
      let contract: Row | undefined;
      await whilePaused(async () => {
        await stack.zoho.merge(module, master, [loser]);
        for (const step of steps) {
          if (step === 1) await hintOf(module, loser)();
          else contract = await change(company);
        }
      });
      if (contract === undefined) throw new Error("nothing was changed");
      return contract;
    };

    Deno.test(`two Accounts of ours are merged: ${title}`, async () => {
      const [loser, survivor] = await twoCompanies();
      const company = changed === "loser" ? loser : survivor;
      const [from, to] = [await accountOf(loser), await accountOf(survivor)];
      const contract = await merged("Accounts", to, from, company);
      assertEquals(await accountsCalled(loser.name), [], "what was merged does not come back");
      for (const each of [loser, survivor]) {
        for (const record of await recordsOf(each, each === company ? [contract] : [])) {
          assertEquals(idOf(record.Account_Name), to);
        }
      }
      const deal = await dealOf(stack, company.sale.contract);
      assertEquals([deal.Amount, deal.Stage], [77, "Closed Won"]);
      assertEquals(await putBack([loser, survivor]), [], "nothing of it is taken for an edit");
    });
  }
}

Deno.test("an Account of which Zoho only says that it was deleted is followed to where its records point", async () => {
  const [loser, survivor] = await twoCompanies();
  const [from, to] = [await accountOf(loser), await accountOf(survivor)];
  await stack.zoho.merge("Accounts", to, [from]);
  await hintOf("Accounts", from)();
  await workedOff();
  const rows = await stack
    .sql`select distinct zoho_id from public.zoho_accounts where zoho_id in (${from}, ${to})`;
  assertEquals([...rows], [{ zoho_id: to }]);
  const [hint] = await stack.sql`
    select status from public.zoho_webhook_events where record_id = ${from} and module = 'Accounts'`;
  assertEquals(hint?.status, "nothing_new");
});

async function accountOf({ sale }: Company): Promise<string> {
  return idOf((await dealOf(stack, sale.contract)).Account_Name) ?? "";
}

/** What a look took for an edit of a seller's. */
async function putBack(all: Company[]): Promise<unknown[]> {
  const ids = all.flatMap(({ sale, invoice }) => [sale.contract.id, sale.quote.id, invoice.id]);
  return [
    ...await stack.sql`
    select error_message from public.zoho_sync_logs
    where entity_id = any (${ids}) and response_payload ->> 'outcome' = 'put_back'`,
  ];
}
