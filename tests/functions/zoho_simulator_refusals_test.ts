import { assert, assertEquals } from "@std/assert";
import type { JsonObject } from "../../local/zoho/core/json.ts";
import { knownCodes } from "../../local/zoho/faults/codes.ts";
import { detailsOf, goodDeal, type TestZoho, withZoho } from "../../local/zoho/testing.ts";

const insertOne = (zoho: TestZoho, module: string, record: JsonObject) =>
  zoho.call("POST", module, { data: [record] });

async function quoteOf(
  zoho: TestZoho,
  product: JsonObject = {},
): Promise<{ product: string; quote: string }> {
  const id = await zoho.insert("Products", { Product_Name: "Fibre 100", Unit_Price: 500, ...product });
  const Quoted_Items = [{ Product_Name: { id }, Quantity: 1 }];
  return { product: id, quote: await zoho.insert("Quotes", { Subject: "Q", Quoted_Items }) };
}

Deno.test(
  "a lookup to a deleted or merged record is refused inside the lookup",
  withZoho(async (zoho) => {
    const [deleted, lost, kept] = [
      await zoho.insert("Accounts", { Account_Name: "Deleted" }),
      await zoho.insert("Accounts", { Account_Name: "Lost" }),
      await zoho.insert("Accounts", { Account_Name: "Kept" }),
    ];
    await zoho.control.delete("Accounts", deleted);
    await zoho.control.merge("Accounts", kept, [lost]);
    for (const id of [deleted, lost]) {
      const { status, items } = await insertOne(zoho, "Deals", { ...goodDeal, Account_Name: { id } });
      assertEquals([status, items[0]?.code], [400, "INVALID_DATA"]);
      assertEquals(detailsOf(items[0]), { api_name: "id", json_path: "$.data[0].Account_Name.id" });
    }
    await zoho.control.changeSettings({ refusalPath: "field" });
    const { items } = await insertOne(zoho, "Deals", { ...goodDeal, Account_Name: { id: lost } });
    assertEquals(detailsOf(items[0]), { api_name: "Account_Name", json_path: "$.data[0].Account_Name" });
  }),
);

Deno.test(
  "a lookup without an id and an unknown owner are refused inside the lookup",
  withZoho(async (zoho) => {
    const unnamed = await insertOne(zoho, "Deals", { ...goodDeal, Account_Name: { name: "Acme" } });
    assertEquals(unnamed.items[0]?.code, "MANDATORY_NOT_FOUND");
    assertEquals(detailsOf(unnamed.items[0]).json_path, "$.data[0].Account_Name.id");
    const owned = await insertOne(zoho, "Deals", { ...goodDeal, Owner: { id: "1" } });
    assertEquals(detailsOf(owned.items[0]), { api_name: "id", json_path: "$.data[0].Owner.id" });
  }),
);

Deno.test(
  "a line item names its inner field, or the list where that is switched on",
  withZoho(async (zoho) => {
    const { product } = await quoteOf(zoho);
    const lines: JsonObject[] = [{ Product_Name: { id: product } }, {
      Product_Name: { id: product },
      Quantity: "many",
    }];
    const write = () => insertOne(zoho, "Quotes", { Subject: "Q", Quoted_Items: lines });
    const inside = { api_name: "Quantity", json_path: "$.data[0].Quoted_Items[1].Quantity" };
    assertEquals(detailsOf((await write()).items[0]), { expected_data_type: "double", ...inside });
    await zoho.control.changeSettings({ refusalPath: "field" });
    assertEquals(detailsOf((await write()).items[0]).api_name, "Quoted_Items");
  }),
);

Deno.test(
  "an inactive Product on a line is NOT_ALLOWED inside the line, unless it is accepted",
  withZoho(async (zoho) => {
    const { product, quote } = await quoteOf(zoho);
    await zoho.control.edit("Products", product, { Product_Active: false });
    const data = [{ Quoted_Items: [{ Product_Name: { id: product } }] }];
    const { status, items } = await zoho.call("PUT", `Quotes/${quote}`, { data });
    assertEquals([status, items[0]?.code], [400, "NOT_ALLOWED"]);
    const json_path = "$.data[0].Quoted_Items[0].Product_Name.id";
    assertEquals(detailsOf(items[0]), { api_name: "id", json_path });
    await zoho.control.changeSettings({ inactiveProducts: "accept" });
    assertEquals((await zoho.call("PUT", `Quotes/${quote}`, { data })).status, 200);
  }),
);

Deno.test(
  "lines that a write clears are MANDATORY_NOT_FOUND, unless they may be cleared",
  withZoho(async (zoho) => {
    const { quote } = await quoteOf(zoho);
    const [line] = [(await zoho.control.record("Quotes", quote)).Quoted_Items].flat();
    const id = String((line as JsonObject).id);
    for (const Quoted_Items of [[], [{ id, _delete: null }]]) {
      const { items } = await zoho.call("PUT", `Quotes/${quote}`, { data: [{ Quoted_Items }] });
      assertEquals(items[0]?.code, "MANDATORY_NOT_FOUND");
      assertEquals(detailsOf(items[0]).json_path, "$.data[0].Quoted_Items");
    }
    await zoho.control.changeSettings({ emptyLines: "clear" });
    const cleared = await zoho.call("PUT", `Quotes/${quote}`, { data: [{ Quoted_Items: [] }] });
    assertEquals(cleared.status, 200);
    assertEquals((await zoho.control.record("Quotes", quote)).Quoted_Items, []);
  }),
);

const isWrapped = ({ body }: { body: JsonObject }) => Array.isArray(body.data) && body.code === undefined;

Deno.test(
  "a refused call on a module is bare or wrapped, as the documents show or all alike",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({ noPermission: ["Invoices"] });
    const refused = {
      list: ["GET", "Deals?fields=id&per_page=999"],
      single: ["GET", "Invoices/123"],
      unknownModule: ["GET", "Deals/abc"],
      write: ["POST", "Deals"],
      search: ["GET", "Deals/search"],
      deleted: ["GET", "Deals/deleted?type=odd"],
    } as const;
    const shapes = async () => {
      const found: Record<string, boolean> = {};
      for (const [name, [method, path]] of Object.entries(refused)) {
        const body = method === "POST" ? { records: [] } : undefined;
        const answer = await zoho.call(method, path, body);
        assert(answer.status >= 400 && answer.code !== undefined, `${name}: ${answer.text}`);
        found[name] = isWrapped(answer);
      }
      found.coql = isWrapped(await zoho.coql("select id from Invoices where id is not null"));
      return found;
    };
    const documented = { list: true, single: true, unknownModule: true, write: true };
    assertEquals(await shapes(), { ...documented, search: false, deleted: false, coql: false });
    await zoho.control.changeSettings({ refusals: "wrapped" });
    assertEquals(await shapes(), { ...documented, search: true, deleted: true, coql: true });
    await zoho.control.changeSettings({ refusals: "bare" });
    assert(Object.values(await shapes()).every((wrapped) => !wrapped));
  }),
);

Deno.test(
  "a module without permission answers 403 to every call, and the others answer as before",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({ noPermission: ["Products"] });
    for (
      const [method, path] of [["GET", "Products?fields=id"], ["GET", "Products/1"], ["POST", "Products"]]
    ) {
      const body = method === "POST" ? { data: [{ Product_Name: "X" }] } : undefined;
      const { status, code } = await zoho.call(String(method), String(path), body);
      assertEquals([status, code], [403, "NO_PERMISSION"]);
    }
    const query = await zoho.coql("select id from Products where id is not null");
    assertEquals([query.status, query.code], [403, "NO_PERMISSION"]);
    assertEquals((await insertOne(zoho, "Deals", goodDeal)).status, 201);
  }),
);

Deno.test(
  "a hidden module is unknown to every call, query, join and list of modules, and the others answer as before",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({ hiddenModules: ["Quotes", "Accounts"] });
    for (
      const path of ["Quotes?fields=id", "Quotes/1", "Quotes/search?word=ab", "settings/fields?module=Quotes"]
    ) {
      const { status, code } = await zoho.call("GET", path);
      assertEquals([status, code], [400, "INVALID_MODULE"], path);
    }
    const { status, code } = await zoho.call("POST", "Quotes", { data: [{ Subject: "X" }] });
    assertEquals([status, code], [400, "INVALID_MODULE"]);
    for (const from of ["Quotes", "Quoted_Items"]) {
      const query = await zoho.coql(`select id from ${from} where id is not null`);
      assertEquals([query.status, query.code], [400, "INVALID_QUERY"], from);
    }
    const join = await zoho.coql("select Account_Name.Account_Name from Deals where id is not null");
    assertEquals(join.code, "INVALID_QUERY");
    assert(!(await zoho.call("GET", "settings/modules")).text.includes('"Quotes"'));
    assertEquals((await insertOne(zoho, "Deals", goodDeal)).status, 201);
  }),
);

Deno.test(
  "each code that users report can be the answer of one record, at a given place",
  withZoho(async (zoho) => {
    for (const code of knownCodes) {
      await zoho.control.addFaults({ kind: "record_error", code, at: "Account_Name.id", times: 1 });
      const { items } = await zoho.call("POST", "Deals", { data: [goodDeal, goodDeal] });
      assertEquals(items.map((item) => item.code), [code, "SUCCESS"]);
      const { api_name, json_path } = detailsOf(items[0]);
      assertEquals([api_name, json_path], ["id", "$.data[0].Account_Name.id"]);
    }
  }),
);

Deno.test(
  "each code that users report can refuse a whole call with its usual status or another",
  withZoho(async (zoho) => {
    await zoho.token();
    const answer = async (fault: { code: string; status?: number }) => {
      await zoho.control.addFaults({ match: { module: "Deals" }, kind: "refuse_call", times: 1, ...fault });
      const { status, code } = await zoho.call("GET", "Deals/123");
      return [status, code];
    };
    for (const code of knownCodes) assertEquals((await answer({ code }))[1], code);
    assertEquals(await answer({ code: "FILE_TOO_LARGE" }), [413, "FILE_TOO_LARGE"]);
    assertEquals(await answer({ code: "RESOURCE_NOT_FOUND" }), [404, "RESOURCE_NOT_FOUND"]);
    assertEquals(await answer({ code: "NOT_SUPPORTED" }), [400, "NOT_SUPPORTED"]);
    assertEquals(await answer({ code: "NOT_SUPPORTED", status: 403 }), [403, "NOT_SUPPORTED"]);
  }),
);

Deno.test(
  "a text in the body refuses the whole call that carries it, with a page, a 413 or a 500",
  withZoho(async (zoho) => {
    const poison = { ...goodDeal, Deal_Name: "Poison & Sons" };
    const html = "<html><body>Bad request</body></html>";
    const match = { text: "Poison" };
    const answers = [{ status: 400, html }, { status: 413, html }, { status: 500 }];
    for (const answer of answers) {
      await zoho.control.addFaults({ match, kind: "status", ...answer });
      const { status, text, headers } = await zoho.call("POST", "Deals", { data: [goodDeal, poison] });
      assertEquals(status, answer.status);
      if (answer.html !== undefined) assertEquals(text, html);
      assertEquals(headers.get("content-type")?.includes("html"), answer.html !== undefined);
      assertEquals((await zoho.call("POST", "Deals", { data: [goodDeal] })).status, 201);
      await zoho.control.clearFaults();
    }
    assertEquals((await zoho.control.state()).records.Deals, answers.length);
  }),
);

Deno.test(
  "a body longer than the limit is 413 as a whole, and a shorter one passes",
  withZoho(async (zoho) => {
    const write = (count: number) =>
      zoho.call("POST", "Deals", { data: Array.from({ length: count }, () => goodDeal) });
    assertEquals((await write(20)).status, 201);
    await zoho.control.changeSettings({ bodyLimitBytes: 1000 });
    const { status, code } = await write(20);
    assertEquals([status, code, (await write(10)).status], [413, "FILE_TOO_LARGE", 201]);
  }),
);
