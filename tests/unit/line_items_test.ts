import { assertEquals, assertRejects } from "@std/assert";
import { ZohoCallError } from "../../supabase/functions/_shared/zoho/faults.ts";
import { LineItems } from "../../supabase/functions/_shared/zoho/line_items.ts";
import { clientOf, coqlOf, type Heard, ListeningZoho } from "./listening_zoho.ts";

const quotes = { module: "Quotes", lines: "Quoted_Items" };

const row = (id: string, parent: unknown, more: Record<string, unknown> = {}) => ({
  id,
  Parent_Id: parent,
  ...more,
});

const rows = (data: Record<string, unknown>[], more_records = false) =>
  Response.json({ data, info: { count: data.length, more_records } });

const nothing = () => new Response(null, { status: 204 });

const refused = (code: string, status = 400) =>
  Response.json({ code, details: {}, message: "no", status: "error" }, { status });

const isQuery = ({ path }: Heard) => path.endsWith("/coql");

/** The answer to a single read: a quote with one row of that id. */
function single({ path }: Heard): Response {
  const id = path.split("/").at(-1) ?? "";
  return Response.json({ data: [{ id, Quoted_Items: [{ id: `row of ${id}` }] }] });
}

/** Ids of rows by record. */
const shown = (lines: Map<string, unknown>) =>
  Object.fromEntries([...lines].map(([id, own]) => [id, [own].flat().map((each) => Object(each).id)]));

Deno.test("rows of many records are read by one query for each fifty, and each goes to its record", async () => {
  await using zoho = new ListeningZoho((heard) => {
    const ids = [...coqlOf(heard).matchAll(/'(\d+)'/g)].map(([, id = ""]) => id);
    return rows(ids.map((id) => row(`9${id}`, { id })));
  });
  const ids = Array.from({ length: 101 }, (_, index) => String(index + 1));
  const lines = await new LineItems().read(clientOf(zoho), quotes, [...ids, "1"]);
  assertEquals(zoho.heard.length, 3);
  assertEquals(shown(lines), Object.fromEntries(ids.map((id) => [id, [`9${id}`]])));
  assertEquals(
    coqlOf(zoho.heard.find((heard) => coqlOf(heard).includes("'101'"))),
    "select id, Parent_Id, Product_Name, Quantity, List_Price, Description, Sequence_Number from Quoted_Items " +
      "where Parent_Id in ('101') order by id asc limit 200",
  );
});

Deno.test("rows are in their places, in the order of ids where Zoho sends none", async () => {
  await using zoho = new ListeningZoho(() =>
    rows([
      row("11", { id: "1" }, { Sequence_Number: 10 }),
      row("12", { id: "1" }, { Sequence_Number: "9" }),
      row("101", "2"),
      row("99", "2", { Sequence_Number: null }),
    ])
  );
  const lines = await new LineItems().read(clientOf(zoho), quotes, ["1", "2"]);
  assertEquals(shown(lines), { 1: ["12", "11"], 2: ["99", "101"] });
});

Deno.test("a record with more rows than a page is read whole, page after page behind the last id", async () => {
  await using zoho = new ListeningZoho((_, nth) =>
    nth === 1 ? rows([row("7", { id: "1" }), row("8", { id: "1" })], true) : rows([row("9", { id: "1" })])
  );
  assertEquals(shown(await new LineItems().read(clientOf(zoho), quotes, ["1"])), { 1: ["7", "8", "9"] });
  assertEquals(/where (.*) order/.exec(coqlOf(zoho.heard[1]))?.[1], "Parent_Id in ('1') and id > '8'");
});

Deno.test("a record without rows in the query is read by itself, and left out where Zoho has none", async () => {
  await using zoho = new ListeningZoho((heard) => {
    if (isQuery(heard)) return rows([row("11", { id: "1" })]);
    return heard.path.endsWith("/2") ? single(heard) : nothing();
  });
  const lines = await new LineItems().read(clientOf(zoho), quotes, ["1", "2", "3"]);
  assertEquals(shown(lines), { 1: ["11"], 2: ["row of 2"] });
  assertEquals(zoho.heard.length, 3);
});

for (
  const [code, status] of [
    ["INVALID_QUERY", 400],
    ["INVALID_MODULE", 400],
    ["NO_PERMISSION", 403],
    ["NOT_SUPPORTED", 400],
    ["A_CODE_OF_TOMORROW", 400],
  ] as const
) {
  Deno.test(`${code} for the query is remembered: records are then read one by one`, async () => {
    await using zoho = new ListeningZoho((heard) => isQuery(heard) ? refused(code, status) : single(heard));
    const lineItems = new LineItems();
    const read = async () => shown(await lineItems.read(clientOf(zoho), quotes, ["1", "2"]));
    assertEquals(await read(), { 1: ["row of 1"], 2: ["row of 2"] });
    // With the column of the places and without it, each of these records and of any.
    assertEquals(zoho.heard.filter(isQuery).length, 4);
    await read();
    assertEquals(zoho.heard.filter(isQuery).length, 4);
  });
}

Deno.test("a module without places of rows is queried without them from then on", async () => {
  await using zoho = new ListeningZoho((heard) =>
    coqlOf(heard).includes("Sequence_Number") ? refused("INVALID_QUERY") : rows([row("11", { id: "1" })])
  );
  const lineItems = new LineItems();
  const read = async () => shown(await lineItems.read(clientOf(zoho), quotes, ["1"]));
  assertEquals([await read(), await read()], [{ 1: ["11"] }, { 1: ["11"] }]);
  assertEquals(zoho.heard.length, 4);
});

Deno.test("a query that Zoho cannot read because of its records does not mark the module", async () => {
  await using zoho = new ListeningZoho((heard) => {
    if (!isQuery(heard)) return single(heard);
    if (coqlOf(heard).includes("'odd'")) return refused("INVALID_QUERY");
    return coqlOf(heard).includes("'1'") ? rows([row("11", { id: "1" })]) : nothing();
  });
  const lineItems = new LineItems();
  assertEquals(shown(await lineItems.read(clientOf(zoho), quotes, ["odd", "1"])), {
    odd: ["row of odd"],
    1: ["row of 1"],
  });
  assertEquals(shown(await lineItems.read(clientOf(zoho), quotes, ["1"])), { 1: ["11"] });
});

Deno.test("a query refused for quotes is still sent for invoices", async () => {
  await using zoho = new ListeningZoho((heard) =>
    !isQuery(heard)
      ? single(heard)
      : coqlOf(heard).includes("from Quoted_Items")
      ? refused("NO_PERMISSION", 403)
      : rows([row("11", { id: "1" })])
  );
  const lineItems = new LineItems();
  await lineItems.read(clientOf(zoho), quotes, ["1"]);
  const invoices = { module: "Invoices", lines: "Invoiced_Items" };
  assertEquals(shown(await lineItems.read(clientOf(zoho), invoices, ["1"])), { 1: ["11"] });
});

for (const [code, status] of [["INTERNAL_ERROR", 500], ["TOO_MANY_REQUESTS", 429]] as const) {
  Deno.test(`${code} is a fault of the call and does not mark the module`, async () => {
    let isWell = false;
    await using zoho = new ListeningZoho(() =>
      isWell ? rows([row("11", { id: "1" })]) : refused(code, status)
    );
    const lineItems = new LineItems();
    await assertRejects(() => lineItems.read(clientOf(zoho), quotes, ["1"]), ZohoCallError);
    isWell = true;
    assertEquals(shown(await lineItems.read(clientOf(zoho), quotes, ["1"])), { 1: ["11"] });
  });
}

Deno.test("records of a list get their rows, and one deleted meanwhile is left out", async () => {
  await using zoho = new ListeningZoho((heard) =>
    isQuery(heard) ? rows([row("11", { id: "1" })]) : nothing()
  );
  const found = await new LineItems().addTo(clientOf(zoho), quotes, [{ id: "1", Subject: "Q" }, { id: "2" }]);
  assertEquals(found.map(({ id, Subject, Quoted_Items }) => [id, Subject, [Quoted_Items].flat().length]), [
    ["1", "Q", 1],
  ]);
});
