import { assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type { ZohoRecord } from "../../local/zoho/mod.ts";
import { fold } from "../support/fold.ts";
import { insertContract, insertQuote, insertQuoteItem, type Row } from "../support/fixtures.ts";
import { openQuestionsOf } from "../support/linked.ts";
import { idOf } from "../support/rows.ts";
import { dealOf, dealsOf, type Sale, sellAll } from "../support/sale.ts";
import { startQuietStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { deliver, webhookEnv } from "../support/webhook.ts";
import { addInvoice, allTypes, recordsWith } from "./record_types_steps.ts";

// Sales merge records while something of ours waits to be sent: what they merged stays merged, and the survivor has our
// values, whichever of the two was changed, and whether Zoho's hint or the change came first.

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
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
async function someCompanies(count: number): Promise<Company[]> {
  const names = Array.from({ length: count }, () => `Merged ${++companies} Works`);
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
    return { name: names[index] ?? "", sale, customer, invoice: await addInvoice(stack, customer) };
  }));
  await workedOff();
  return made;
}

async function twoCompanies(): Promise<[Company, Company]> {
  const [a, b] = await someCompanies(2);
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

const tellGone = (module: string, record_id: string) =>
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
  "the hint first": ["hint", "change"],
  "the change first": ["change", "hint"],
  "no hint at all": ["change"],
} as const;

/** What sales merge into what, the side that CircleTel changes, and what has to come of it. */
interface Merge {
  what: string;
  module: "Accounts" | "Contacts" | "Deals";
  master: string;
  loser: string;
  company: Company;
  check(contract: Row): Promise<void>;
}

/** Of each type two records of ours. `isNoticed`: something of the loser's is looked at; else the next comparison tells. */
async function ofOurs(changed: "loser" | "survivor", isNoticed: boolean): Promise<Merge[]> {
  const [a, b, c, d, e, f] = await someCompanies(6);
  if (!a || !b || !c || !d || !e || !f) throw new Error("nothing was sold");
  const sideOf = (loser: Company, survivor: Company) => changed === "loser" ? loser : survivor;
  const account = await accountOf(b);
  const contact = await contactOf(d);
  const deal = await dealOf(stack, f.sale.contract);
  return [{
    what: "two Accounts",
    module: "Accounts",
    master: account,
    loser: await accountOf(a),
    company: sideOf(a, b),
    check: async (contract) => {
      assertEquals(await accountsCalled(a.name), [], "what was merged does not come back");
      for (const record of [...await recordsOf(a), ...await recordsOf(b), await dealOf(stack, contract)]) {
        assertEquals(idOf(record.Account_Name), account);
      }
      const { Amount, Stage } = await dealOf(stack, sideOf(a, b).sale.contract);
      assertEquals([Amount, Stage], [77, "Closed Won"]);
      assertEquals(await putBack([a, b]), [], "nothing of it is taken for an edit");
    },
  }, {
    what: "the Contacts of two customers",
    module: "Contacts",
    master: contact,
    loser: await contactOf(c),
    company: sideOf(c, d),
    check: async (contract) => {
      assertEquals(await contactsOf(c), [], "what was merged does not come back");
      for (const record of [...await recordsOf(c), ...await recordsOf(d)]) {
        assertEquals(idOf(record.Contact_Name), contact);
      }
      const { First_Name, Customer_Reference } = await stack.zoho.record("Contacts", contact);
      assertEquals([First_Name, Customer_Reference], [
        changed === "survivor" ? "Changed" : "Thandi",
        d.customer.id,
      ]);
      const { Contact_Name } = await dealOf(stack, contract);
      assertEquals(idOf(Contact_Name), changed === "survivor" ? contact : null);
      assertEquals(await openQuestions(c.customer), isNoticed ? ["contact_match"] : []);
    },
  }, {
    what: "the Deals of two contracts",
    module: "Deals",
    master: deal.id,
    loser: (await dealOf(stack, e.sale.contract)).id,
    company: sideOf(e, f),
    check: async () => {
      assertEquals(await dealsOf(stack, e.sale.contract), [], "what was merged does not come back");
      const { id, Account_Name, Amount, Stage } = await dealOf(stack, f.sale.contract);
      assertEquals([id, idOf(Account_Name)], [deal.id, await accountOf(f)]);
      if (changed === "survivor") assertEquals([Amount, Stage], [77, "Closed Won"]);
      assertEquals(await openQuestions(e.sale.contract), isNoticed ? ["record_gone"] : []);
    },
  }];
}

/** Of each type one of ours, which is merged into one that sales made. */
async function intoTheirs(): Promise<Merge[]> {
  const [a, b, c] = await someCompanies(3);
  if (!a || !b || !c) throw new Error("nothing was sold");
  const account = await stack.zoho.create("Accounts", { Account_Name: `Of Sales ${companies}` });
  const contact = await stack.zoho.create("Contacts", {
    Last_Name: "Of Sales",
    Email: `s${companies}@merges.example`,
  });
  const deal = await stack.zoho.create("Deals", { Deal_Name: "Of Sales", Stage: "Qualification" });
  return [{
    what: "an Account and one of sales",
    module: "Accounts",
    master: account,
    loser: await accountOf(a),
    company: a,
    check: async (contract) => {
      assertEquals(await accountsCalled(a.name), [], "what was merged does not come back");
      for (const record of await recordsOf(a, [contract])) assertEquals(idOf(record.Account_Name), account);
    },
  }, {
    what: "a Contact and one of sales",
    module: "Contacts",
    master: contact,
    loser: await contactOf(b),
    company: b,
    check: async (contract) => {
      assertEquals(await contactsOf(b), [contact]);
      const { First_Name, Last_Name, Email } = await stack.zoho.record("Contacts", contact);
      assertEquals([First_Name, Last_Name, Email], ["Changed", b.name, b.customer.email]);
      for (const record of await recordsOf(b, [contract])) assertEquals(idOf(record.Contact_Name), contact);
    },
  }, {
    what: "a Deal and one of sales",
    module: "Deals",
    master: deal,
    loser: (await dealOf(stack, c.sale.contract)).id,
    company: c,
    check: async () => {
      const { id, Amount, Stage } = await dealOf(stack, c.sale.contract);
      assertEquals([id, Amount, Stage], [deal, 77, "Closed Won"]);
    },
  }];
}

Deno.test("records merged by sales while a change of one of them waits", async (t) => {
  const merges: { title: string; steps: readonly ("hint" | "change")[]; merge: Merge }[] = [];
  for (const changed of ["loser", "survivor"] as const) {
    for (const [order, steps] of Object.entries(orders)) {
      const isNoticed = changed === "loser" || order !== "no hint at all";
      const some = [
        ...await ofOurs(changed, isNoticed),
        ...changed === "loser" ? await intoTheirs() : [],
      ];
      merges.push(...some.map((merge) => ({
        title: `${merge.what}: the ${changed}'s side has the change, ${order}`,
        steps,
        merge,
      })));
    }
  }
  const contracts = new Map<Merge, Row>();
  await whilePaused(async () => {
    for (const { merge, steps } of merges) {
      const { module, master, loser, company } = merge;
      await stack.zoho.merge(module, master, [loser]);
      for (const step of steps) {
        if (step === "change") contracts.set(merge, await change(company));
        else await tellGone(module, loser);
      }
    }
  });
  for (const { title, merge } of merges) {
    const contract = contracts.get(merge);
    if (contract !== undefined) await t.step(title, () => merge.check(contract));
  }
});

Deno.test("an Account that Zoho reports only as deleted is followed to where its records point", async () => {
  const [loser, survivor] = await twoCompanies();
  const [from, to] = [await accountOf(loser), await accountOf(survivor)];
  await stack.zoho.merge("Accounts", to, [from]);
  await tellGone("Accounts", from);
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

async function contactOf({ sale }: Company): Promise<string> {
  return idOf((await dealOf(stack, sale.contract)).Contact_Name) ?? "";
}

async function contactsOf({ customer }: Company): Promise<string[]> {
  const contacts = await stack.zoho.records("Contacts");
  return contacts.filter((each) => each.Customer_Reference === customer.id).map(({ id }) => id);
}

const openQuestions = async (row: Row) =>
  (await openQuestionsOf(stack, row)).filter((each) => each.closed_because === null).map(({ kind }) => kind);

/** The Contact of one customer was merged into another's, and the sync has heard of it. */
async function mergedIntoAnothers(): Promise<{ loser: Company; survivor: Company; to: string }> {
  const [loser, survivor] = await twoCompanies();
  const [from, to] = [await contactOf(loser), await contactOf(survivor)];
  await stack.zoho.merge("Contacts", to, [from]);
  await tellGone("Contacts", from);
  await workedOff();
  return { loser, survivor, to };
}

Deno.test("a Contact merged into another customer's stays so until a person chooses a new one", async () => {
  const { loser, survivor, to } = await mergedIntoAnothers();
  const [question] = await openQuestionsOf(stack, loser.customer);
  assertEquals([question?.kind, question?.answers], ["contact_match", ["keep", "make_new"]]);

  await answer(question?.id, "keep");
  assertEquals(await openQuestions(loser.customer), []);
  await change(loser);
  await workedOff();
  assertEquals([await contactsOf(loser), await openQuestions(loser.customer)], [[], []]);
  assertEquals(await contactOf(loser), to);

  // By hand, the customer gets a Contact again.
  await stack
    .sql`select public.zoho_enqueue('customer', array[${loser.customer.id}]::uuid[], p_forced => true)`;
  await workedOff();
  const [made, ...others] = await contactsOf(loser);
  assertEquals(others, []);
  for (const record of await recordsOf(loser)) assertEquals(idOf(record.Contact_Name), made);
  assertEquals(await contactOf(survivor), to);
});

Deno.test("a Contact merged into another customer's is made again when a person says so", async () => {
  const { loser, survivor, to } = await mergedIntoAnothers();
  const [question] = await openQuestionsOf(stack, loser.customer);
  await answer(question?.id, "make_new");
  const [made] = await contactsOf(loser);
  for (const record of await recordsOf(loser)) assertEquals(idOf(record.Contact_Name), made);
  assertEquals([await contactOf(survivor), await openQuestions(loser.customer)], [to, []]);
});

async function answer(id: unknown, choice: string): Promise<void> {
  await stack.sql`select public.zoho_answer_questions(array[${String(id)}]::uuid[], ${choice}, 'a person')`;
  await workedOff();
}
