import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  accountsBeginning,
  accountsById,
  accountsNamed,
  accountsNumbered,
  accountsWithThe,
  accountsWithWord,
  allAccounts,
  type Lookup,
  type NumberFields,
} from "../../supabase/functions/_shared/zoho/accounts.ts";
import { ZohoCallError } from "../../supabase/functions/_shared/zoho/faults.ts";
import { clientOf, coqlOf, type Heard, ListeningZoho } from "./listening_zoho.ts";

// How Accounts are queried: the text and the number of the queries, and the result of a wrong field.

const plain: NumberFields = { registration: null, vat: null };
const withNumbers: NumberFields = { registration: "Reg_No", vat: "VAT_No" };
const beginning = (text: string) => ({ first: text, whole: `${text} Works` });

const nobody = () => new Response(null, { status: 204 });
const rows = (count: number, more = false, values: Record<string, unknown> = {}) =>
  Response.json({
    data: Array.from(
      { length: count },
      (_, i) => ({ id: String(i + 1), Account_Name: `Account ${i}`, ...values }),
    ),
    info: { count, more_records: more },
  });
const invalid = () =>
  Response.json({
    code: "INVALID_QUERY",
    details: {},
    message: "column given seems to be invalid",
    status: "error",
  }, {
    status: 400,
  });

const runAll = async (lookups: Lookup[]) => (await Promise.all(lookups.map((lookup) => lookup()))).flat();

Deno.test("four hundred names are one query, which also reads the number fields", async () => {
  await using zoho = new ListeningZoho(() =>
    rows(1, false, { Reg_No: "2015/123456/07", VAT_No: 4123456789 })
  );
  const names = Array.from({ length: 401 }, (_, i) => `Naledi ${i}`);
  const lookups = accountsNamed(clientOf(zoho), withNumbers, names);
  assertEquals(lookups.length, 2);
  assertEquals((await lookups[1]?.())?.[0], {
    id: "1",
    name: "Account 0",
    registration: "2015/123456/07",
    vat: "4123456789",
  });
  assertEquals(
    coqlOf(zoho.heard[0]),
    "select id, Account_Name, Reg_No, VAT_No from Accounts where Account_Name in ('Naledi 400') " +
      "order by id asc limit 0, 200",
  );
});

Deno.test("a name that COQL cannot express is searched for, with the number fields", async () => {
  await using zoho = new ListeningZoho(() => rows(1));
  await runAll(accountsNamed(clientOf(zoho), withNumbers, ["Gogo\\Kitchen (Pty) Ltd"]));
  const [heard] = zoho.heard;
  assertEquals([heard?.path, heard?.query.fields, heard?.query.criteria], [
    "/crm/v8/Accounts/search",
    "id,Account_Name,Reg_No,VAT_No",
    "(Account_Name:equals:Gogo\\\\Kitchen \\(Pty\\) Ltd)",
  ]);
});

Deno.test("names with an apostrophe are one query with the others, the apostrophe doubled", async () => {
  await using zoho = new ListeningZoho(nobody);
  await runAll(accountsNamed(clientOf(zoho), plain, ["Gogo's Kitchen", "Naledi"]));
  assertEquals(zoho.heard.length, 1);
  assert(coqlOf(zoho.heard[0]).includes("Account_Name in ('Gogo''s Kitchen', 'Naledi')"));
});

Deno.test("beginnings are queried twenty-five at a time, nested in pairs as COQL requires", async () => {
  await using zoho = new ListeningZoho(nobody);
  const beginnings = Array.from({ length: 28 }, (_, i) => beginning(`Naledi${i}`));
  await runAll(accountsBeginning(clientOf(zoho), plain, beginnings));
  const [first = "", second = ""] = zoho.heard.map(coqlOf).sort((a, b) => b.length - a.length);
  assertEquals(first.match(/ like /g)?.length, 25);
  assert(
    second.includes(
      "((Account_Name like 'Naledi25%' or Account_Name like 'Naledi26%') or Account_Name like 'Naledi27%')",
    ),
    second,
  );
  assert(!/like '[^']*' or Account_Name like '[^']*' or/.test(first), first);
});

Deno.test("a beginning with more than a page of matches is replaced by longer ones, page by page", async () => {
  await using zoho = new ListeningZoho((_, nth) => rows(nth < 3 ? 200 : 5, nth < 3));
  const found = await runAll(accountsBeginning(clientOf(zoho), plain, [beginning("Cape")]));
  assertEquals(found.length, 205);
  assertEquals(zoho.heard.map((heard) => coqlOf(heard).replace(/.*where /, "")), [
    "Account_Name like 'Cape%' order by id asc limit 0, 200",
    "Account_Name like 'Cape Works%' order by id asc limit 0, 200",
    "Account_Name like 'Cape Works%' order by id asc limit 200, 200",
  ]);
});

Deno.test("a common beginning reads at most two thousand Accounts", async () => {
  await using zoho = new ListeningZoho(() => rows(200, true));
  await runAll(accountsBeginning(clientOf(zoho), plain, [beginning("Cape")]));
  assertEquals(zoho.heard.length, 11);
});

Deno.test("Accounts that begin with The are one query, and if there are many, those with the same next word", async () => {
  await using few = new ListeningZoho(() => rows(3));
  assertEquals((await accountsWithThe(clientOf(few), plain, [beginning("Baobab")])()).length, 3);
  assertEquals(few.heard.length, 1);
  await using many = new ListeningZoho((_, nth) => nth === 1 ? rows(200, true) : rows(1));
  assertEquals((await accountsWithThe(clientOf(many), plain, [beginning("Baobab")])()).length, 1);
  assert(coqlOf(many.heard[1]).includes("like 'The Baobab Works%'"), coqlOf(many.heard[1]));
});

Deno.test("a common word is not searched for page after page", async () => {
  await using zoho = new ListeningZoho(() => rows(200, true));
  assertEquals((await accountsWithWord(clientOf(zoho), plain, "Traders")()).length, 200);
  assertEquals(zoho.heard.length, 1);
});

Deno.test("numbers are queried in their field, four hundred texts a query, and none with a backslash", async () => {
  await using zoho = new ListeningZoho(nobody);
  const texts = [
    ...Array.from({ length: 399 }, (_, i) => `2015/${100_000 + i}/07`),
    "41234'56789",
    "4123456789",
    "41234\\56789",
  ];
  assertEquals(await runAll(accountsNumbered(clientOf(zoho), withNumbers, "Reg_No", texts)), []);
  const queries = zoho.heard.map(coqlOf).sort((a, b) => b.length - a.length);
  assertEquals(queries.length, 2);
  assert(queries[1]?.includes("where Reg_No in ('4123456789') order"), queries[1]);
});

Deno.test("a field that Accounts do not have is a fault of the settings, and named", async () => {
  await using zoho = new ListeningZoho((heard) => coqlOf(heard).includes("Reg_No") ? invalid() : rows(1));
  for (
    const lookups of [
      accountsNamed(clientOf(zoho), withNumbers, ["Naledi"]),
      accountsNumbered(clientOf(zoho), withNumbers, "Reg_No", ["2015/123456/07"]),
    ]
  ) {
    const error = await assertRejects(
      () => runAll(lookups),
      ZohoCallError,
      "ZOHO_ACCOUNT_REGISTRATION_FIELD",
    );
    assertEquals(error.code, "BAD_CONFIGURATION");
  }
});

Deno.test("a name that Zoho cannot process matches nothing, and blocks no other", async () => {
  const asked = (heard: Heard) => `${coqlOf(heard)}${heard.query.criteria ?? ""}`;
  await using zoho = new ListeningZoho((heard) => asked(heard).includes("%Percent") ? invalid() : rows(1));
  for (const fields of [plain, withNumbers]) {
    const found = await runAll(accountsNamed(clientOf(zoho), fields, ["Naledi", "%Percent"]));
    assertEquals(found.map(({ name }) => name), ["Account 0"]);
  }
});

Deno.test("a query refused in every form is a fault, with number fields or without", async () => {
  await using zoho = new ListeningZoho(invalid);
  for (const fields of [plain, withNumbers]) {
    const find = () => runAll(accountsNamed(clientOf(zoho), fields, ["Naledi"]));
    assertEquals((await assertRejects(find, ZohoCallError)).code, "INVALID_QUERY");
  }
});

Deno.test("an Account is looked up by its id, and a word by search", async () => {
  await using zoho = new ListeningZoho(() => rows(1));
  assertEquals((await accountsById(clientOf(zoho), ["4876"])).map(({ id }) => id), ["1"]);
  await accountsWithWord(clientOf(zoho), plain, "Brien")();
  assert(coqlOf(zoho.heard[0]).includes("where id in ('4876')"));
  assertEquals(zoho.heard[1]?.query.criteria, "(Account_Name:equals:Brien)");
});

Deno.test("all Accounts are read page by page in the order of their ids, up to the given limit", async () => {
  let asked = 0;
  await using zoho = new ListeningZoho(() => rows(2, ++asked < 3));
  assertEquals((await allAccounts(clientOf(zoho), plain, 3))?.length, 6);
  const query = (where: string) =>
    `select id, Account_Name from Accounts where ${where} order by id asc limit 0, 200`;
  assertEquals(zoho.heard.map(coqlOf), ["id is not null", "id > '2'", "id > '2'"].map(query));
  asked = 0;
  assertEquals(await allAccounts(clientOf(zoho), plain, 2), null, "there are more");
  asked = 0;
  assertEquals(await allAccounts(clientOf(zoho), plain, 0), null);
  assertEquals(asked, 0, "none is asked for");
});

Deno.test("an org without Accounts returns none, and one that refuses the list is queried in other ways", async () => {
  await using empty = new ListeningZoho(nobody);
  assertEquals(await allAccounts(clientOf(empty), plain, 1), []);
  await using strict = new ListeningZoho(invalid);
  assertEquals(await allAccounts(clientOf(strict), plain, 9), null);
});
