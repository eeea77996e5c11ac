import { assert, assertEquals, assertRejects } from "@std/assert";
import { ZohoCallError } from "../../supabase/functions/_shared/zoho/faults.ts";
import {
  coql,
  coqlText,
  escapeCriteria,
  findByField,
  isSafeForCoql,
  searchRecord,
  valuesPerQuery,
} from "../../supabase/functions/_shared/zoho/search.ts";
import { foldName } from "../../supabase/functions/_shared/mapping/account.ts";
import { clientOf, coqlOf, type Heard, ListeningZoho } from "./listening_zoho.ts";

const accounts = (...names: string[]) =>
  Response.json({
    data: names.map((Account_Name, index) => ({ id: String(index + 1), Account_Name })),
    info: { count: names.length, more_records: false },
  });
const nobody = () => new Response(null, { status: 204 });

const criteria = [
  ["Karoo Traders", "Karoo Traders"],
  ["Burns,B", "Burns\\,B"],
  ["Karoo (Pty) Ltd", "Karoo \\(Pty\\) Ltd"],
  ["Karoo\\", "Karoo\\\\"],
  ["a\\,b", "a\\\\\\,b"],
  ["O'Brien & Söhne: 100%", "O'Brien & Söhne: 100%"],
  ["", ""],
] as const;

for (const [value, escaped] of criteria) {
  Deno.test(`in criteria "${value}" is written "${escaped}"`, () =>
    assertEquals(escapeCriteria(value), escaped));
}

Deno.test("a COQL text is in single quotes and cannot escape them", () => {
  assertEquals(coqlText("Karoo Traders"), "'Karoo Traders'");
  assertEquals(coqlText("O'Brien"), "'O''Brien'");
  assertEquals(coqlText("'"), "''''");
  assertEquals(coqlText("' or 1=1"), "''' or 1=1'");
});

Deno.test("a text with an apostrophe is safe for COQL, one with a backslash is not", () => {
  for (const value of ["Karoo Traders", "Karoo (Pty) Ltd", "Söhne, Co", `"quoted"`, "", "O'Brien", "'"]) {
    assert(isSafeForCoql(value), value);
  }
  for (const value of ["back\\slash", "\\'"]) assert(!isSafeForCoql(value), value);
});

Deno.test("COQL posts its query and returns the records", async () => {
  await using zoho = new ListeningZoho(() => accounts("Karoo Traders"));
  const query = "select id, Account_Name from Accounts where Account_Name in ('Karoo Traders') limit 1";
  assertEquals(await coql(clientOf(zoho), query), [{ id: "1", Account_Name: "Karoo Traders" }]);
  const [heard] = zoho.heard;
  assertEquals([heard?.method, heard?.path, coqlOf(heard)], ["POST", "/crm/v8/coql", query]);
});

Deno.test("a search queries one field's value and returns the records", async () => {
  await using zoho = new ListeningZoho(() => accounts("Burns,B"));
  assertEquals(await searchRecord(clientOf(zoho), "Accounts", "Account_Name", "Burns,B"), [
    { id: "1", Account_Name: "Burns,B" },
  ]);
  const [heard] = zoho.heard;
  assertEquals([heard?.method, heard?.path], ["GET", "/crm/v8/Accounts/search"]);
  assertEquals(heard?.query.criteria, "(Account_Name:equals:Burns\\,B)");
  assertEquals(heard?.query.fields, "id,Account_Name");
});

Deno.test("a search without matches is an empty list", async () => {
  await using zoho = new ListeningZoho(nobody);
  const client = clientOf(zoho);
  assertEquals(await coql(client, "select id from Accounts limit 1"), []);
  assertEquals(await searchRecord(client, "Accounts", "Account_Name", "Karoo"), []);
  assertEquals(await findByField(client, "Accounts", "Account_Name", ["Karoo", "O'Brien"]), []);
});

Deno.test("a refused query is a fault, never an empty list", async () => {
  const body = {
    code: "INVALID_QUERY",
    details: { reason: "column name is invalid" },
    message: "",
    status: "error",
  };
  for (const answer of [body, { data: [body] }]) {
    await using zoho = new ListeningZoho(() => Response.json(answer, { status: 400 }));
    const fault = await assertRejects(
      () => findByField(clientOf(zoho), "Accounts", "Account_Name", ["Karoo", "Cape"]),
      ZohoCallError,
    );
    assertEquals(fault.code, "INVALID_QUERY");
    // The values and an ordinary one: the query itself is at fault, and is not cut in pieces.
    assertEquals(zoho.heard.length, 2);
  }
});

const odd = "Odd? name";
const refusesOdd = (heard: Heard) => {
  const asked = `${coqlOf(heard)}${heard.query.criteria ?? ""}`;
  const body = { code: "INVALID_QUERY", details: {}, message: "", status: "error" };
  if (asked.includes(odd)) return Response.json(body, { status: 400 });
  const names = [...asked.matchAll(/'(Company \d+)'/g)].map(([, name = ""]) => name);
  return names.length === 0 ? nobody() : accounts(...names);
};
const fifty = [...Array.from({ length: 49 }, (_, index) => `Company ${index}`), odd];

Deno.test("one value that Zoho cannot parse costs the other forty-nine only a few calls", async () => {
  await using zoho = new ListeningZoho(refusesOdd);
  const unreadable: string[] = [];
  const onUnreadable = (value: string) => void unreadable.push(value);
  const options = { onUnreadable };
  const found = await findByField(clientOf(zoho), "Accounts", "Account_Name", fifty, options);
  assertEquals([found.length, unreadable], [49, [odd]]);
  assert(zoho.heard.length < 20, String(zoho.heard.length));
});

Deno.test("a value that cannot be queried in any way is a fault where the caller does not handle it", async () => {
  await using zoho = new ListeningZoho(refusesOdd);
  await assertRejects(() => findByField(clientOf(zoho), "Accounts", "Account_Name", fifty), ZohoCallError);
});

Deno.test("a value that a query cannot contain is searched for", async () => {
  await using zoho = new ListeningZoho((heard) =>
    heard.path.endsWith("/search") ? accounts(odd) : refusesOdd(heard)
  );
  const found = await findByField(clientOf(zoho), "Accounts", "Account_Name", fifty);
  assertEquals(found.filter(({ Account_Name }) => Account_Name === odd).length, 1);
});

Deno.test("plain values are looked up in one COQL query, each once", async () => {
  await using zoho = new ListeningZoho(() => accounts("Karoo Traders", "Cape Fibre"));
  const names = ["Karoo Traders", "Cape Fibre", "Karoo Traders"];
  const found = await findByField(clientOf(zoho), "Accounts", "Account_Name", names);
  assertEquals(found.map(({ id }) => id), ["1", "2"]);
  assertEquals(zoho.heard.map(({ path }) => path), ["/crm/v8/coql"]);
  assert(
    coqlOf(zoho.heard[0]).startsWith(
      "select id, Account_Name from Accounts where Account_Name in ('Karoo Traders', 'Cape Fibre')",
    ),
  );
});

Deno.test("a COQL query sorts the oldest first and requests no more rows than a call may have", async () => {
  await using zoho = new ListeningZoho(nobody);
  await findByField(clientOf(zoho), "Accounts", "Account_Name", ["Karoo"]);
  assert(coqlOf(zoho.heard[0]).endsWith(" order by id asc limit 0, 200"));
});

Deno.test("a value with an apostrophe costs the same as others, and only a backslash needs a search", async () => {
  await using zoho = new ListeningZoho(({ path }) =>
    path.endsWith("/search") ? accounts("Back\\slash") : accounts("Karoo Traders", "O'Brien")
  );
  const names = ["O'Brien", "Karoo Traders", "Back\\slash"];
  const found = await findByField(clientOf(zoho), "Accounts", "Account_Name", names);
  assertEquals(found.map((record) => String(record.Account_Name)).sort(), names.toSorted());
  assertEquals(zoho.heard.length, 2);
  assert(coqlOf(zoho.heard[0]).includes("in ('O''Brien', 'Karoo Traders')"));
  assertEquals(zoho.heard[1]?.query.criteria, "(Account_Name:equals:Back\\\\slash)");
});

Deno.test("a record that only contains the value is no match", async () => {
  await using zoho = new ListeningZoho(() => accounts("O'Brien Inc", "O'Brien", "Old O'Brien", "o'brien"));
  const found = await findByField(clientOf(zoho), "Accounts", "Account_Name", ["O'Brien"]);
  assertEquals(found, [{ id: "2", Account_Name: "O'Brien" }]);
});

Deno.test("the caller decides what counts as equal", async () => {
  await using zoho = new ListeningZoho(() => accounts("KAROO TRADERS", "Karoo Traders Inc"));
  const found = await findByField(
    clientOf(zoho),
    "Accounts",
    "Account_Name",
    ["Karoo Traders"],
    { isSame: (a, b) => foldName(a) === foldName(b) },
  );
  assertEquals(found.map(({ Account_Name }) => Account_Name), ["KAROO TRADERS"]);
});

Deno.test("several records with one value: the oldest comes first, by COQL or by search", async () => {
  for (const name of ["Karoo Traders", "Back\\slash"]) {
    await using zoho = new ListeningZoho(({ path }) => {
      const records = ["4000000000123", "4000000000045", "999"].map((id) => ({ id, Account_Name: name }));
      // A COQL query sets an order, a search promises none.
      return Response.json({ data: path.endsWith("/coql") ? records.toReversed() : records });
    });
    const found = await findByField(clientOf(zoho), "Accounts", "Account_Name", [name]);
    assertEquals(found.map(({ id }) => id), ["999", "4000000000045", "4000000000123"], name);
  }
});

Deno.test("a record without the field is skipped", async () => {
  const data = [{ id: "1" }, { id: "2", Account_Name: null }];
  await using zoho = new ListeningZoho(() => Response.json({ data }));
  assertEquals(await findByField(clientOf(zoho), "Accounts", "Account_Name", ["Karoo"]), []);
});

Deno.test("an item that is no record is a fault, so that its record is not taken for missing", async () => {
  for (const item of [{ id: 3, Account_Name: "Karoo" }, null, { Account_Name: "Karoo" }, "1", { id: "" }]) {
    await using zoho = new ListeningZoho(() => Response.json({ data: [{ id: "1" }, item] }));
    const find = () => findByField(clientOf(zoho), "Accounts", "Account_Name", ["Karoo"]);
    assertEquals((await assertRejects(find, ZohoCallError)).code, "UNREADABLE");
  }
});

Deno.test("values are queried in lists of fifty, eight of them a query, and none is lost", async () => {
  const names = Array.from({ length: 2 * valuesPerQuery + 1 }, (_, index) => `Company ${index}`);
  const held = names.map((Account_Name, index) => ({ id: String(1_000 + index), Account_Name }));
  await using zoho = new ListeningZoho((heard) =>
    Response.json({ data: held.filter(({ Account_Name }) => coqlOf(heard).includes(`'${Account_Name}'`)) })
  );
  assertEquals(await findByField(clientOf(zoho), "Accounts", "Account_Name", names), held);
  assertEquals(zoho.heard.map((heard) => coqlOf(heard).match(/'[^']*'/g)?.length), [400, 400, 1]);
  const lists = coqlOf(zoho.heard[0]).matchAll(/ in \(([^)]*)\)/g);
  assertEquals([...lists].map(([, list = ""]) => list.split(", ").length), Array(8).fill(50));
  assert(coqlOf(zoho.heard[0]).includes(" where (((Account_Name in ("));
});

Deno.test("records that share values are read to the last page", async () => {
  const page = (ids: number[], more: boolean) =>
    Response.json({
      data: ids.map((id) => ({ id: String(id), Email: "office@shared.example" })),
      info: { count: ids.length, more_records: more },
    });
  await using zoho = new ListeningZoho((heard) =>
    coqlOf(heard).endsWith("limit 0, 200") ? page([1, 2], true) : page([3], false)
  );
  const found = await findByField(clientOf(zoho), "Contacts", "Email", ["office@shared.example"]);
  assertEquals(found.map(({ id }) => id), ["1", "2", "3"]);
});

Deno.test("an empty list of values makes no call", async () => {
  await using zoho = new ListeningZoho(nobody);
  assertEquals(await findByField(clientOf(zoho), "Accounts", "Account_Name", []), []);
  assertEquals(zoho.heard.length, 0);
});
