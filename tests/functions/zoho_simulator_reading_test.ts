import { assertEquals } from "@std/assert";
import { DAY, MINUTE, SECOND } from "../../supabase/functions/_shared/platform/duration.ts";
import { isObject } from "../../local/zoho/core/json.ts";
import { detailsOf, goodDeal, withZoho } from "../../local/zoho/testing.ts";

const info = (body: { info?: unknown }) => isObject(body.info) ? body.info : {};
const search = (criteria: string) => `Deals/search?criteria=${encodeURIComponent(criteria)}`;

Deno.test(
  "a list needs field names from version 3 on, and at most fifty",
  withZoho(async (zoho) => {
    await zoho.insert("Deals", goodDeal);
    assertEquals((await zoho.call("GET", "Deals")).code, "REQUIRED_PARAM_MISSING");
    assertEquals((await zoho.call("GET", "Deals", undefined, { version: "v2" })).status, 200);
    const many = Array.from({ length: 51 }, (_, index) => `F${index}`).join(",");
    assertEquals((await zoho.call("GET", `Deals?fields=${many}`)).code, "LIMIT_EXCEEDED");
    const list = await zoho.call("GET", "Deals?fields=Stage,Nonsense,Modified_By");
    assertEquals(Object.keys(list.items[0] ?? {}), ["Stage", "Modified_By", "id"]);
    await zoho.control.changeSettings({ listUnknownFields: "refuse" });
    assertEquals((await zoho.call("GET", "Deals?fields=Nonsense")).status, 400);
  }),
);

Deno.test(
  "an unknown id answers 204, or 400 where that is switched on",
  withZoho(async (zoho) => {
    assertEquals((await zoho.call("GET", "Deals/6605992000000000001")).status, 204);
    await zoho.control.changeSettings({ unknownIdStatus: 400 });
    assertEquals((await zoho.call("GET", "Deals/6605992000000000001")).code, "INVALID_DATA");
    assertEquals((await zoho.call("GET", "Deals/abc")).code, "INVALID_DATA");
  }),
);

Deno.test(
  "pages by number end at two thousand records, and a page token goes on",
  withZoho(async (zoho) => {
    await zoho.control.bulkCreate("Deals", Array.from({ length: 2300 }, (_, i) => ({ Deal_Name: `D${i}` })));
    const last = await zoho.call("GET", "Deals?fields=Deal_Name&page=10");
    assertEquals([last.status, info(last.body).more_records], [200, true]);
    const wall = await zoho.call("GET", "Deals?fields=Deal_Name&page=11");
    assertEquals([wall.status, wall.code], [400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED"]);
    const seen = new Set<unknown>();
    let token: unknown = null;
    for (let page = 0; page < 12; page++) {
      const suffix = token === null ? "" : `&page_token=${token}`;
      const reply = await zoho.call("GET", `Deals?fields=Deal_Name${suffix}`);
      for (const item of reply.items) seen.add(item.id);
      token = info(reply.body).next_page_token;
    }
    assertEquals([seen.size, token], [2300, null]);
  }),
);

Deno.test(
  "a page token is bound to its parameters, comes without a page number and lives for a day",
  withZoho(async (zoho) => {
    await zoho.control.bulkCreate("Deals", Array.from({ length: 5 }, (_, i) => ({ Deal_Name: `D${i}` })));
    const first = await zoho.call("GET", "Deals?fields=Deal_Name&per_page=2");
    const token = info(first.body).next_page_token;
    const again = (query: string) => zoho.call("GET", `Deals?page_token=${token}&${query}`);
    assertEquals((await again("fields=Stage&per_page=2")).code, "TOKEN_BOUND_DATA_MISMATCH");
    assertEquals(
      (await again("fields=Deal_Name&per_page=2&page=2")).code,
      "AMBIGUITY_DURING_PROCESSING",
    );
    assertEquals((await again("fields=Deal_Name&per_page=2")).items.length, 2);
    await zoho.control.advanceClock(DAY);
    zoho.forgetToken();
    assertEquals((await again("fields=Deal_Name&per_page=2")).code, "EXPIRED_VALUE");
  }),
);

Deno.test(
  "records modified since a time are listed, those of that very second too unless switched, 304 when there are none",
  withZoho(async (zoho) => {
    const old = await zoho.insert("Deals", goodDeal);
    const since = String((await zoho.control.record("Deals", old)).Modified_Time);
    const list = () =>
      zoho.call("GET", "Deals?fields=Deal_Name", undefined, { headers: { "If-Modified-Since": since } });
    assertEquals((await list()).items.length, 1);
    await zoho.control.changeSettings({ ifModifiedSince: "after" });
    assertEquals((await list()).status, 304);
    await zoho.control.advanceClock(3 * SECOND);
    const fresh = await zoho.insert("Deals", goodDeal);
    assertEquals((await list()).items.map((item) => item.id), [fresh]);
  }),
);

Deno.test(
  "search by equals finds what contains the text, and answers 204 for nothing",
  withZoho(async (zoho) => {
    await zoho.insert("Deals", { ...goodDeal, Contract_Number: "CT-10" });
    await zoho.insert("Deals", { ...goodDeal, Contract_Number: "CT-1" });
    assertEquals((await zoho.call("GET", search("(Contract_Number:equals:CT-1)"))).items.length, 2);
    assertEquals((await zoho.call("GET", search("(Contract_Number:in:CT-1,CT-2)"))).items.length, 1);
    assertEquals((await zoho.call("GET", search("(Contract_Number:equals:CT-7)"))).status, 204);
    const both = "((Contract_Number:equals:CT-1)and(Stage:equals:Closed Won))";
    assertEquals((await zoho.call("GET", search(both))).status, 204);
  }),
);

Deno.test(
  "search by e-mail, phone and word looks in the fields of that kind",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Contacts", { Last_Name: "Nkosi, B", Email: "b@acme.co.za", Phone: "0123" });
    for (const query of ["email=b@acme.co.za", "phone=0123", "word=nkos"]) {
      assertEquals((await zoho.call("GET", `Contacts/search?${query}`)).items[0]?.id, id, query);
    }
    const escaped = encodeURIComponent("(Last_Name:equals:Nkosi\\, B)");
    assertEquals((await zoho.call("GET", `Contacts/search?criteria=${escaped}`)).items.length, 1);
    const missing = await zoho.call("GET", "Contacts/search");
    assertEquals(missing.code, "EXPECTED_PARAM_MISSING");
  }),
);

Deno.test(
  "a wrong field, operator or number of conditions is refused by name",
  withZoho(async (zoho) => {
    const refused = async (criteria: string) => (await zoho.call("GET", search(criteria))).code;
    assertEquals(await refused("(Nonsense:equals:1)"), "INVALID_QUERY");
    assertEquals(await refused("(Stage:starts_with:Q)"), "INVALID_QUERY");
    assertEquals(await refused("(Amount:equals:lots)"), "INVALID_QUERY");
    assertEquals(await refused("Stage:equals:Q"), "INVALID_QUERY");
    const eleven = Array.from({ length: 11 }, () => "(Stage:equals:Q)").join("and");
    assertEquals(await refused(`(${eleven})`), "CRITERIA_LIMIT_EXCEEDED");
    await zoho.control.changeSettings({ searchConditions: 15 });
    assertEquals((await zoho.call("GET", search(`(${eleven})`))).status, 204);
  }),
);

Deno.test(
  "a late search index shows the record of before, while COQL is immediate",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({ indexLagMs: 30 * SECOND });
    const id = await zoho.insert("Deals", { ...goodDeal, Contract_Number: "CT-1" });
    const found = async () => (await zoho.call("GET", search("(Contract_Number:equals:CT-1)"))).items;
    assertEquals(await found(), []);
    assertEquals((await zoho.coql("select id from Deals where Contract_Number = 'CT-1'")).items, [{ id }]);
    await zoho.control.advanceClock(MINUTE);
    assertEquals((await found())[0]?.Stage, "Qualification");
    await zoho.call("PUT", `Deals/${id}`, { data: [{ Stage: "Closed Won" }] });
    assertEquals((await found())[0]?.Stage, "Qualification");
    await zoho.control.advanceClock(MINUTE);
    assertEquals((await found())[0]?.Stage, "Closed Won");
  }),
);

Deno.test(
  "COQL returns lookups as ids, names on request, and the rows in order",
  withZoho(async (zoho) => {
    const account = await zoho.insert("Accounts", { Account_Name: "O'Brien" });
    for (const Amount of [3, 1, 2]) {
      await zoho.insert("Deals", { ...goodDeal, Amount, Account_Name: { id: account } });
    }
    const { items, body } = await zoho.coql(
      "select Amount, Account_Name, Account_Name.Account_Name from Deals " +
        "where Account_Name.Account_Name = 'O''Brien' and Amount > 0 order by Amount desc limit 1, 1",
    );
    assertEquals(items[0]?.Amount, 2);
    assertEquals(items[0]?.Account_Name, { id: account });
    assertEquals(items[0]?.["Account_Name.Account_Name"], "O'Brien");
    assertEquals(body.info, { count: 1, more_records: true });
    assertEquals((await zoho.coql(`select id from Deals where Account_Name = '${account}'`)).items.length, 3);
  }),
);

Deno.test(
  "every COQL operator picks the rows it should",
  withZoho(async (zoho) => {
    await zoho.insert("Deals", { ...goodDeal, Deal_Name: "Alpha", Amount: 1, Closing_Date: "2026-01-31" });
    await zoho.insert("Deals", { ...goodDeal, Deal_Name: "Beta", Amount: 2, KYC_Status: "Completed" });
    const expected: [string, string[]][] = [
      ["Deal_Name = 'alpha'", ["Alpha"]],
      ["Deal_Name != 'Alpha'", ["Beta"]],
      ["Deal_Name like 'Al%'", ["Alpha"]],
      ["Deal_Name not like 'Al%'", ["Beta"]],
      ["Deal_Name in ('Alpha', 'Beta')", ["Alpha", "Beta"]],
      ["Deal_Name not in ('Alpha')", ["Beta"]],
      ["KYC_Status is null", ["Alpha"]],
      ["KYC_Status is not null", ["Beta"]],
      ["Amount between 2 and 5", ["Beta"]],
      ["Closing_Date <= '2026-01-31'", ["Alpha"]],
      ["Amount >= 1 and (Amount < 2 or Stage = 'Closed Won')", ["Alpha"]],
      ["Modified_Time > '2020-01-01T00:00:00+02:00'", ["Alpha", "Beta"]],
    ];
    for (const [where, names] of expected) {
      const { items } = await zoho.coql(`select Deal_Name from Deals where ${where} order by Deal_Name`);
      assertEquals(items.map((item) => item.Deal_Name), names, where);
    }
    const count = await zoho.coql("select COUNT(id) from Deals where id is not null");
    assertEquals(count.items, [{ "COUNT(id)": 2 }]);
  }),
);

Deno.test(
  "a COQL mistake names its kind",
  withZoho(async (zoho) => {
    const code = async (query: string) => (await zoho.coql(query)).code;
    assertEquals(await code("select id from Deals where Nonsense = 1"), "INVALID_QUERY");
    assertEquals(await code("select id from Nonsense where id = 1"), "INVALID_QUERY");
    assertEquals(await code("select id from Deals where id = 1 limit 2001"), "LIMIT_EXCEEDED");
    assertEquals(await code("select id Deals"), "SYNTAX_ERROR");
    assertEquals((await zoho.coql("select id from Deals where id = '1'")).status, 204);
    await zoho.control.changeSettings({ coqlRowLimit: 200 });
    assertEquals(await code("select id from Deals where id = 1 limit 201"), "LIMIT_EXCEEDED");
  }),
);

Deno.test(
  "a quote needs line items, shows them only on its own, and adds rows that have no id",
  withZoho(async (zoho) => {
    const bare = await zoho.call("POST", "Quotes", { data: [{ Subject: "Q" }] });
    assertEquals(detailsOf(bare.items[0]).api_name, "Quoted_Items");
    const product = await zoho.insert("Products", { Product_Name: "Fibre 100", Unit_Price: 500 });
    const rows = [{ Product_Name: { id: product }, Quantity: 2 }];
    const wrong = [{ Product_Name: { id: "1" }, Quantity: 2 }];
    const refused = await zoho.call("POST", "Quotes", { data: [{ Subject: "Q", Quoted_Items: wrong }] });
    assertEquals(detailsOf(refused.items[0]).json_path, "$.data[0].Quoted_Items[0].Product_Name.id");

    const id = await zoho.insert("Quotes", { Subject: "Q", Quoted_Items: rows });
    const list = await zoho.call("GET", "Quotes?fields=Subject,Quoted_Items");
    assertEquals(Object.keys(list.items[0] ?? {}), ["Subject", "id"]);
    const items = async () => {
      const value = (await zoho.call("GET", `Quotes/${id}`)).items[0]?.Quoted_Items;
      return Array.isArray(value) ? value.filter(isObject) : [];
    };
    const [row] = await items();
    assertEquals([row?.List_Price, row?.Net_Total], [500, 1000]);

    await zoho.call("PUT", `Quotes/${id}`, { data: [{ Quoted_Items: rows }] });
    assertEquals((await items()).length, 2);
    const dropped = [{ id: row?.id ?? "", _delete: null }];
    await zoho.call("PUT", `Quotes/${id}`, { data: [{ Quoted_Items: dropped }] });
    assertEquals((await items()).length, 1);
  }),
);

Deno.test(
  "an unknown version, module, address or method is refused each in its way",
  withZoho(async (zoho) => {
    const code = async (method: string, path: string, version?: string) => {
      const { status, code } = await zoho.call(method, path, undefined, version ? { version } : {});
      return [status, code];
    };
    assertEquals(await code("GET", "Deals", "v1"), [400, "API_NOT_SUPPORTED"]);
    assertEquals(await code("GET", "Nonsense?fields=id"), [400, "INVALID_MODULE"]);
    assertEquals(await code("GET", "Deals/1/2/3/4"), [404, "INVALID_URL_PATTERN"]);
    assertEquals(await code("PATCH", "Deals"), [400, "INVALID_REQUEST_METHOD"]);
  }),
);
