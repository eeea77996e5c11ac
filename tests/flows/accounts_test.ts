import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Stack } from "../../local/stack.ts";
import type {
  QuestionItem,
  QuestionsAnswer,
  QuestionsAnswered,
} from "../../supabase/functions/_shared/admin/answers.ts";
import { asked, refused } from "../support/admin_calls.ts";
import { clusterUrl } from "../support/cluster.ts";
import type { Row } from "../support/fixtures.ts";
import { quickNet, startQuietStack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { completeBackfill } from "../support/backfill.ts";
import { unnoticed } from "../support/unnoticed.ts";
import { addInvoice, allTypes, quoteFor, settledEstimate, settledInvoice } from "./record_types_steps.ts";
import { dealOf, dealsOf, insertSale, type SaleValues, sell, sellAll, settledDeal } from "../support/sale.ts";
import { dumpOf, idOf } from "../support/rows.ts";
import { bookmark, creditsSince, zohoCallsSince } from "../support/zoho_calls.ts";
import { queueRow, settled, untilPausedBy } from "../support/queue.ts";

// Whose Account is it: sales' Accounts under other spellings, uncertain ones, and people's answers.

const lines: string[] = [];
let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startQuietStack({
    functionEnv: {
      ZOHO_ACCOUNT_REGISTRATION_FIELD: "Registration_Number",
      ZOHO_ACCOUNT_VAT_FIELD: "VAT_Number",
    },
    onLog: (_, line) => lines.push(line),
  });
  await addNumberFields();
  // More than one company's lookups would list: it is looked for by the beginnings of its name.
  const others = Array.from({ length: 201 }, (_, i) => ({ Account_Name: `Zwelethu ${i} Holdings` }));
  await stack.zoho.bulkCreate("Accounts", others);
});
Deno.test.afterAll(() => stack.stop());

/** As an administrator of the org would: Accounts get two fields of text. */
async function addNumberFields(): Promise<void> {
  const { access_token } = await (await fetch(`${stack.zohoUrl}/oauth/v2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      client_id: "1000.LOCALCLIENT",
      client_secret: "local-client-secret",
      refresh_token: "1000.local.refresh",
    }),
  })).json();
  const response = await fetch(`${stack.zohoUrl}/crm/v8/settings/fields?module=Accounts`, {
    method: "POST",
    headers: { authorization: `Zoho-oauthtoken ${access_token}`, "content-type": "application/json" },
    body: JSON.stringify({
      fields: ["Registration Number", "VAT Number"].map((field_label) => ({
        field_label,
        data_type: "text",
        length: 50,
      })),
    }),
  });
  assertEquals(response.status, 201, await response.text());
}

const companySale = (company_name: string, quote: SaleValues["quote"] = {}): SaleValues => ({
  customer: null,
  quote: { company_name, ...quote },
});

function nth<T>(list: T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`there is no item ${index}`);
  return item;
}

/** Sold in one transaction; their contracts. */
async function contractsOf(sales: SaleValues[]): Promise<Row[]> {
  return (await sellAll(stack.sql, sales)).map(({ contract }) => contract);
}

async function accountsNamed(...names: string[]): Promise<string[]> {
  return await stack.zoho.bulkCreate("Accounts", names.map((Account_Name) => ({ Account_Name })));
}

async function accountIdOf(contract: Row): Promise<string | null> {
  return idOf((await dealOf(stack, contract)).Account_Name);
}

async function questions(): Promise<QuestionItem[]> {
  const { items } = await asked<QuestionsAnswer>(stack, "GET /questions?limit=200");
  return items.filter(({ kind }) => kind === "account");
}

/** An Account by its id, or a new one. */
function answered({ id }: QuestionItem, accountId: string | null): Promise<QuestionsAnswered> {
  const choice = accountId === null ? { choice: "make_new" } : { choice: "link", accountId };
  return asked<QuestionsAnswered>(stack, "POST /questions/answer", { ids: [id], ...choice });
}

/** The open question about a company, once its contract waits for it. */
async function questionAbout(name: string, contract: Row): Promise<QuestionItem> {
  await until(async () => (await queueRow(stack, contract))?.status === "dead", {
    what: "a dead letter",
  });
  const row = await queueRow(stack, contract);
  assertEquals([row?.error_code, row?.error_field], ["ACCOUNT_UNCERTAIN", "Account_Name"]);
  const found = (await questions()).filter(({ ours }) => ours === name);
  const [question] = found;
  assertEquals(found.length, 1, name);
  if (!question) throw new Error("no question");
  return question;
}

async function accountsLike(text: string): Promise<string[]> {
  const accounts = await stack.zoho.records("Accounts");
  return accounts.map(({ Account_Name }) => String(Account_Name)).filter((name) => name.includes(text))
    .sort();
}

async function matchedBy(key: string): Promise<unknown> {
  const [row] = await stack.sql`select matched_by from public.zoho_accounts where account_key = ${key}`;
  return row?.matched_by;
}

const linked: [theirs: string, ours: string][] = [
  ["NALEDI LOGISTICS PTY. LTD.", "Naledi Logistics (Pty) Ltd"],
  ["Mzansi Fibre", "Mzansi Fibre Proprietary Limited"],
  ["Van der Merwe en Seuns Beslote Korporasie", "Van der Merwe & Seuns BK"],
  ["Ubuntu Water-Works", "Ubuntu Water Works NPC"],
  ["Dlamini, Botha and Partners Incorporated", "Dlamini Botha & Partners Inc."],
  ["The Baobab Group", "Baobab Group (Pty) Ltd"],
  ["Protea Court Hotels (Edms) Bpk", "The Protea Court Hotels (Pty) Ltd"],
  ["Gogos Kitchen", "Gogo's Kitchen CC"],
  ["Brien's Plumbing O'", "Brien's Plumbing O' CC"],
  ["JR Mokoena Elektries BK", "J.R. Mokoena Elektries BK"],
  ["CAFE BEREHUIS", "Café Bêrehuis CC"],
];

Deno.test("a company that sales has under another spelling is linked, and not doubled", async (t) => {
  const ids = await accountsNamed(...linked.map(([theirs]) => theirs));
  const before = (await stack.zoho.records("Accounts")).length;
  const contracts = await contractsOf(linked.map(([, ours]) => companySale(ours)));
  await settled(stack, contracts);
  for (const [index, [theirs, ours]] of linked.entries()) {
    await t.step(`${ours} is ${theirs}`, async () => {
      assertEquals(await accountIdOf(nth(contracts, index)), ids[index]);
    });
  }
  assertEquals((await stack.zoho.records("Accounts")).length, before);
});

Deno.test("several spellings of a new company that arrive together are one Account", async () => {
  const names = [
    "Limpopo Agri Supplies (Pty) Ltd",
    "LIMPOPO AGRI SUPPLIES",
    "Limpopo Agri Supplies Pty. Ltd.",
  ];
  const contracts = await contractsOf(names.map((name) => companySale(name)));
  await settled(stack, contracts);
  assertEquals((await accountsLike("impopo")).length + (await accountsLike("LIMPOPO")).length, 1);
  const ids = await Promise.all(contracts.map(accountIdOf));
  assertEquals(new Set(ids).size, 1);
  // And one that comes later, when sales has renamed the Account.
  await stack.zoho.edit("Accounts", ids[0] ?? "", { Account_Name: "LAS Group" });
  const later = await sell(stack, companySale("Limpopo Agri-Supplies Proprietary Limited"));
  assertEquals(idOf((await settledDeal(stack, later.contract)).Account_Name), ids[0]);
});

Deno.test("a registration number identifies the company, whatever sales calls it and however it is typed", async () => {
  const [id = ""] = await stack.zoho.bulkCreate("Accounts", [
    { Account_Name: "Sechaba Group", Registration_Number: "K2016123456" },
  ]);
  const { contract } = await sell(
    stack,
    companySale("Sechaba Data Centres (Pty) Ltd", { registration_number: "2016/123456/07" }),
  );
  assertEquals(idOf((await settledDeal(stack, contract)).Account_Name), id);
  assertEquals(await matchedBy("company:sechaba data centres (pty) ltd"), "registration_number");
});

Deno.test("a VAT number identifies the company", async () => {
  const [id = ""] = await stack.zoho.bulkCreate("Accounts", [
    { Account_Name: "Tshwane Bakers", VAT_Number: "4550123456" },
  ]);
  const { contract } = await sell(stack, companySale("Capital Bread CC", { vat_number: "4550 123 456" }));
  assertEquals(idOf((await settledDeal(stack, contract)).Account_Name), id);
  assertEquals(await matchedBy("company:capital bread cc"), "vat_number");
});

Deno.test("a renamed company is identified by the number on its old quotes", async () => {
  const numbers = { registration_number: "2018/222333/07" };
  const old = await sell(stack, companySale("Kgalagadi Wireless (Pty) Ltd", numbers));
  const id = idOf((await settledDeal(stack, old.contract)).Account_Name);
  const renamed = await sell(
    stack,
    companySale("Green Kalahari Networks (Pty) Ltd", { registration_number: "201822233307" }),
  );
  assertEquals(idOf((await settledDeal(stack, renamed.contract)).Account_Name), id);
  assertEquals(await accountsLike("Green Kalahari"), []);
});

Deno.test("two companies with one name and different legal forms are not joined: a person decides", async () => {
  const [cc = "", pty = ""] = await accountsNamed("Karoo Traders CC", "Karoo Traders Holdings (Pty) Ltd");
  const contracts = await contractsOf([
    companySale("Karoo Traders (Pty) Ltd"),
    companySale("  Karoo  Traders (Pty) Ltd"),
  ]);
  const one = nth(contracts, 0);
  const question = await questionAbout("Karoo Traders (Pty) Ltd", one);
  assertEquals(question.reason, "legal_form_differs");
  assertEquals(question.candidates, [
    { id: cc, name: "Karoo Traders CC", agrees: ["name"], differs: ["legal_form"] },
  ]);
  await until(async () =>
    (await questions()).find(({ accountKey }) => accountKey === question.accountKey)?.waiting === 2
  );
  assertEquals(await dealsOf(stack, one), []);

  // The contract is edited again and again: it stays one question.
  await stack.sql`update contracts set total_contract_value = 1 where id = ${one.id}`;
  await until(async () => (await queueRow(stack, one))?.status === "dead");
  assertEquals((await questions()).filter(({ accountKey }) => accountKey === question.accountKey).length, 1);

  assertEquals((await answered(question, pty)).woken, 2);
  await settled(stack, contracts);
  assertEquals(await Promise.all(contracts.map(accountIdOf)), [pty, pty]);
  assertEquals((await questions()).filter(({ accountKey }) => accountKey === question.accountKey), []);
  assertEquals(await matchedBy(question.accountKey ?? ""), "chosen");

  const again = await refused(stack, "POST /questions/answer", { ids: [question.id], choice: "make_new" });
  assertEquals([again.status, again.code], [409, "ALREADY_CLOSED"]);
});

Deno.test("an answer makes a new Account beside one of the same name, and only once", async () => {
  const name = "Drakensberg Outfitters (Pty) Ltd";
  const [theirs = ""] = await stack.zoho.bulkCreate("Accounts", [
    { Account_Name: name, Registration_Number: "2011/111111/07" },
  ]);
  const { contract } = await sell(stack, companySale(name, { registration_number: "2022/222222/07" }));
  const question = await questionAbout(name, contract);
  const { body } = await stack.invoke("zoho-sync", { entity: "contract", id: contract.id });
  assertStringIncludes(JSON.stringify(body), "QUESTION: more than one Account in Zoho may be this company's");
  assertEquals(question.reason, "numbers_differ");

  await stack.zoho.addFaults({ match: { path: "Accounts/upsert" }, kind: "drop_reply", times: 1 });
  await answered(question, null);
  await settled(stack, contract);
  assertEquals(await accountsLike("Drakensberg Outfitters"), [name, `${name} (CircleTel)`]);
  assert(await accountIdOf(contract) !== theirs);
  assertEquals(await matchedBy(question.accountKey ?? ""), "created");
});

Deno.test("two Accounts with the same name: neither is used; once merged, the question closes itself", async () => {
  const name = "Highveld Steel Works Ltd";
  const [master = "", loser = ""] = await accountsNamed(name, name.toUpperCase());
  const contracts = await contractsOf([companySale(name), companySale(name)]);
  const one = nth(contracts, 0);
  const question = await questionAbout(name, one);
  assertEquals([question.reason, question.candidates.map(({ id }) => id)], ["several_accounts", [
    master,
    loser,
  ]]);

  await stack.zoho.merge("Accounts", master, [loser]);
  await stack.sql`update contracts set total_contract_value = 2 where id = ${one.id}`;
  await settled(stack, contracts);
  assertEquals(await Promise.all(contracts.map(accountIdOf)), [master, master]);
  assertEquals((await questions()).filter(({ accountKey }) => accountKey === question.accountKey), []);
});

Deno.test("a question is renewed when other Accounts become candidates", async () => {
  const [first = ""] = await accountsNamed("Winelands Couriers CC");
  const { contract } = await sell(stack, companySale("Winelands Couriers (Pty) Ltd"));
  const question = await questionAbout("Winelands Couriers (Pty) Ltd", contract);
  await answered(question, null);
  await settled(stack, contract);
  const made = await accountIdOf(contract);
  assert(made !== first);
  assertEquals(await accountsLike("Winelands"), ["Winelands Couriers (Pty) Ltd", "Winelands Couriers CC"]);

  // The Account is unlinked, and sales has made others of the name.
  await stack.sql`delete from public.zoho_accounts where account_key = ${question.accountKey}`;
  const [other = ""] = await accountsNamed("Winelands Couriers (Pty) Ltd");
  const later = await sell(stack, companySale("Winelands Couriers (Pty) Ltd"));
  const renewed = await questionAbout("Winelands Couriers (Pty) Ltd", later.contract);
  assertEquals(renewed.candidates.map(({ id }) => id), [made, other]);
  await answered(renewed, made);
  assertEquals(idOf((await settledDeal(stack, later.contract)).Account_Name), made);
});

Deno.test("different legal forms of a new name that arrive together: the first is made, the second raises a question", async () => {
  const contracts = await contractsOf([
    companySale("Soutpansberg Timber CC"),
    companySale("Soutpansberg Timber (Pty) Ltd"),
  ]);
  // Keys are taken in order: "(pty) ltd" comes before "cc".
  const id = idOf((await settledDeal(stack, nth(contracts, 1))).Account_Name);
  const question = await questionAbout("Soutpansberg Timber CC", nth(contracts, 0));
  assertEquals(question.candidates.map((candidate) => candidate.id), [id]);
  assertEquals(question.reason, "legal_form_differs");
});

Deno.test("a private person is never matched to another of the same name", async () => {
  const person = {
    first_name: "Nomvula",
    last_name: "Khumalo",
    account_type: "personal",
    business_name: null,
  };
  const buyer = (email: string): SaleValues => ({
    customer: { ...person, email },
    quote: { company_name: " " },
  });
  const first = await sell(stack, buyer("nomvula.one@example.co.za"));
  await settled(stack, first.contract);
  const second = await sell(stack, buyer("nomvula.two@example.co.za"));
  const question = await questionAbout("N…", second.contract);
  assertEquals([question.reason, question.candidates[0]?.name], ["another_person", "N…"]);
  assert(!(await dumpOf(stack, ["zoho_questions", "zoho_admin_actions"])).includes("Khumalo"));
});

Deno.test("an Estimate and an Invoice wait for the same answer, and come with the Account that was chosen; a Contact does not wait", async () => {
  const { sql } = stack;
  await sql`update public.zoho_sync_state set synced_types = ${allTypes}`;
  try {
    const [theirs = ""] = await accountsNamed("Vaal Triangle Metals CC");
    const company = "Vaal Triangle Metals (Pty) Ltd";
    const { customer, quote } = await quoteFor(stack, {
      customer: { business_name: company },
      quote: { company_name: company },
    });
    const invoice = await addInvoice(stack, customer);
    const waiting = [quote, invoice];
    await until(
      async () =>
        (await Promise.all(waiting.map((row) => queueRow(stack, row)))).every((row) =>
          row?.status === "dead"
        ),
      {
        what: "two dead letters",
      },
    );
    await settled(stack, customer);
    const question = await questionAbout(company, quote);
    assertEquals(question.waiting, 2);
    assertEquals((await answered(question, theirs)).woken, 2);
    const estimate = await settledEstimate(stack, quote);
    const billed = await settledInvoice(stack, invoice);
    assertEquals([idOf(estimate.Account_Name), idOf(billed.Account_Name)], [theirs, theirs]);
  } finally {
    await sql`update public.zoho_sync_state set synced_types = '{contract}'`;
  }
});

Deno.test("a dry run of the backfill reports uncertain companies and raises no question", async () => {
  await accountsNamed("Namaqua Minerals CC");
  const contract = await unnoticed(
    stack.sql,
    async (tx) => (await insertSale(tx, companySale("Namaqua Minerals (Pty) Ltd"))).contract,
  );
  const run = await completeBackfill(stack, { dryRun: true });
  assertStringIncludes(JSON.stringify(run), "ACCOUNT_UNCERTAIN");
  assertEquals((await questions()).filter(({ ours }) => String(ours).startsWith("Namaqua")), []);
  assertEquals(await queueRow(stack, contract), undefined);
});

Deno.test("an answer is validated before it is accepted", async () => {
  await accountsNamed("Overberg Dairies CC");
  const { contract } = await sell(stack, companySale("Overberg Dairies (Pty) Ltd"));
  const { id } = await questionAbout("Overberg Dairies (Pty) Ltd", contract);
  const cases: [body: unknown, field: string][] = [
    [{ choice: "link" }, "accountId"],
    [{ choice: "link", accountId: "x" }, "accountId"],
    [{ choice: "link", accountId: "4876876000009999999" }, "accountId"],
    [{ choice: "make_new", accountId: "1" }, "accountId"],
    [{ choice: "keep" }, "choice"],
    [{}, "choice"],
  ];
  for (const [body, field] of cases) {
    const refusal = await refused(stack, "POST /questions/answer", { ids: [id], ...body as object });
    assertEquals([refusal.status, refusal.field], [400, field], JSON.stringify(body));
  }
  assertEquals((await queueRow(stack, contract))?.status, "dead");
});

Deno.test("a hundred new companies cost thirteen credits and their numbers one more; each Account is made once", async () => {
  const names = Array.from(
    { length: 100 },
    (_, i) => `Bushveld ${String.fromCharCode(65 + i % 26)}${i} Safaris CC`,
  );
  const mark = await bookmark(stack);
  const sales = await sellAll(
    stack.sql,
    names.map((name, i) =>
      companySale(name, i < 1 ? {} : { registration_number: `2003/${String(100_000 + i)}/23` })
    ),
  );
  await settled(stack, sales.map(({ contract }) => contract));
  const credits = await creditsSince(stack, mark, /coql|Accounts/);
  assertEquals((await accountsLike("Bushveld")).length, 100);
  // 1 by name, 2 for the list of all, 10 to make them; 99 × 3 spellings of a number are 1 query.
  assertEquals(credits, 1 + 2 + 10 + 1, JSON.stringify(await zohoCallsSince(stack, mark)));
});

Deno.test("registration and VAT numbers are in no log and in no table of the sync", async () => {
  const numbers = { registration_number: "2019/445566/07", vat_number: "4660123456" };
  const contracts = await contractsOf([
    companySale("Overberg Cellars (Pty) Ltd", numbers),
    companySale("Overberg Cellars CC", numbers),
  ]);
  await until(
    async () =>
      (await Promise.all(contracts.map((each) => queueRow(stack, each)))).every((row) =>
        !row || row.status === "dead"
      ),
    { what: "both decided" },
  );
  const dump = await dumpOf(stack, [
    "zoho_questions",
    "zoho_accounts",
    "zoho_sync_logs",
    "zoho_sync_queue",
  ]);
  const names = await stack.sql<{ row: string }[]>`select n::text as row from zoho_sync.account_names n`;
  const all = [dump, ...lines, ...names.map(({ row }) => row)].join("\n");
  assertStringIncludes(all, "overberg cellars");
  for (
    const number of [
      "2016/123456",
      "K2016123456",
      "4550123456",
      "4550 123 456",
      "2018/222333",
      "201822233307",
      "2019/445566",
      "201944556607",
      "4660123456",
    ]
  ) assert(!all.includes(number), number);
});

Deno.test("a configured field that Accounts lack pauses the sync and names the variable", async () => {
  const options = { clusterUrl, cron: false, net: quickNet, functions: ["zoho-sync"] };
  await withStack({ ...options, functionEnv: { ZOHO_ACCOUNT_VAT_FIELD: "No_Such_Field" } }, async (other) => {
    const { contract } = await sell(other, companySale("Cederberg Wines CC"));
    const state = await untilPausedBy(other, "BAD_CONFIGURATION");
    assertStringIncludes(String(state.pause_message), "ZOHO_ACCOUNT_VAT_FIELD");
    assertEquals((await queueRow(other, contract))?.failed_rounds, 0);
    assertEquals(await other.zoho.records("Accounts"), []);
  });
});
