import { assert, assertEquals } from "@std/assert";
import { isObject, type JsonObject } from "../../local/zoho/core/json.ts";
import { detailsOf, goodDeal, type TestZoho, withZoho } from "../../local/zoho/testing.ts";

const saved = async (zoho: TestZoho, fields: JsonObject) =>
  await zoho.control.record("Deals", await zoho.insert("Deals", { ...goodDeal, ...fields }));

const put = (zoho: TestZoho, id: string, fields: JsonObject) =>
  zoho.call("PUT", `Deals/${id}`, { data: [fields] });

Deno.test(
  "a bigint field is created by the API and keeps every digit as text",
  withZoho(async (zoho) => {
    const field = { field_label: "Serial Number", data_type: "bigint" };
    assertEquals((await zoho.call("POST", "settings/fields?module=Deals", { fields: [field] })).status, 201);
    const { items } = await zoho.call("GET", "settings/fields?module=Deals");
    const made = items.find((known) => known.api_name === "Serial_Number");
    assertEquals([made?.data_type, made?.json_type, made?.length], ["bigint", "string", 18]);

    const [first, second] = ["900719925474099301", "900719925474099302"];
    const ids = [];
    for (const Serial_Number of [first, second, "9"]) {
      ids.push(await zoho.insert("Deals", { ...goodDeal, Serial_Number }));
    }
    const read = await zoho.call("GET", `Deals/${ids[0]}`);
    assertEquals(read.items[0]?.Serial_Number, first);
    const found = async (where: string) =>
      (await zoho.coql(`select id from Deals where Serial_Number ${where} order by id`)).items
        .map((item) => item.id);
    assertEquals(await found(`= '${second}'`), [ids[1]]);
    assertEquals(await found(`= ${second}`), [ids[1]]);
    assertEquals(await found(`> ${first}`), [ids[1]]);
    assertEquals(await found(`< 10`), [ids[2]]);
    assertEquals(await found(`not between ${first} and ${second}`), [ids[2]]);
  }),
);

Deno.test(
  "a bigint sent as a number keeps the digits that a double loses, and too many digits are refused",
  withZoho(async (zoho) => {
    const fields = [{ field_label: "Revision", data_type: "bigint" }];
    await zoho.call("POST", "settings/fields?module=Deals", { fields });
    const send = async (revision: string) => {
      const body = `{"data":[{"Deal_Name":"X","Stage":"Qualification","Revision":${revision}}]}`;
      const headers = { authorization: `Zoho-oauthtoken ${await zoho.token()}` };
      const response = await fetch(`${zoho.url}/crm/v8/Deals`, { method: "POST", headers, body });
      return await response.json();
    };
    const { data: [item] } = await send("900719925474099301");
    assertEquals((await zoho.control.record("Deals", item.details.id)).Revision, "900719925474099301");
    const { data: [long] } = await send("1234567890123456789");
    assertEquals([long.code, long.details.maximum_length], ["INVALID_DATA", 18]);
    for (const wrong of ['"12.5"', '"many"', "true"]) {
      assertEquals((await send(wrong)).data[0].details.expected_data_type, "bigint");
    }
  }),
);

Deno.test(
  "a text is trimmed on save, and one of spaces is empty, unless texts are kept",
  withZoho(async (zoho) => {
    const fields = { Deal_Name: "  Fibre 100 ", Next_Step: "   " };
    const trimmed = await saved(zoho, fields);
    assertEquals([trimmed.Deal_Name, trimmed.Next_Step], ["Fibre 100", null]);
    await zoho.control.changeSettings({ trimsText: false });
    const kept = await saved(zoho, fields);
    assertEquals([kept.Deal_Name, kept.Next_Step], ["  Fibre 100 ", "   "]);
  }),
);

Deno.test(
  "line ends become line feeds, unless they are kept",
  withZoho(async (zoho) => {
    const Description = "one\r\ntwo\rthree";
    assertEquals((await saved(zoho, { Description })).Description, "one\ntwo\nthree");
    await zoho.control.changeSettings({ lineEnds: "keep" });
    assertEquals((await saved(zoho, { Description })).Description, Description);
  }),
);

Deno.test(
  "an amount is rounded to the decimals of its currency, unless amounts are kept",
  withZoho(async (zoho) => {
    assertEquals((await saved(zoho, { Amount: 899.995 })).Amount, 900);
    assertEquals((await saved(zoho, { Amount: 899.994 })).Amount, 899.99);
    await zoho.control.changeSettings({ roundsCurrency: false });
    assertEquals((await saved(zoho, { Amount: 899.995 })).Amount, 899.995);
  }),
);

Deno.test(
  "a line item is saved like a field: its price rounded, its text trimmed",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Products", { Product_Name: "Fibre" });
    const line = { Product_Name: { id }, List_Price: 899.996, Description: " Up to 100 Mbps\r\n" };
    const lineOf = async () => {
      const quote = await zoho.insert("Quotes", { Subject: "Q", Quoted_Items: [line] });
      const [row] = [(await zoho.control.record("Quotes", quote)).Quoted_Items].flat();
      return isObject(row) ? [row.List_Price, row.Description] : [];
    };
    assertEquals(await lineOf(), [900, "Up to 100 Mbps"]);
    await zoho.control.changeSettings({ roundsCurrency: false, trimsText: false, lineEnds: "keep" });
    assertEquals(await lineOf(), [line.List_Price, line.Description]);
  }),
);

Deno.test(
  "a field that is not kept is answered with SUCCESS and holds what it held",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Deals", { ...goodDeal, Risk_Tier: "Low" });
    await zoho.control.changeSettings({ notKept: { Deals: ["Risk_Tier"] } });
    assertEquals((await put(zoho, id, { Risk_Tier: "High", Amount: 5 })).items[0]?.code, "SUCCESS");
    const read = await zoho.control.record("Deals", id);
    assertEquals([read.Risk_Tier, read.Amount], ["Low", 5]);
  }),
);

Deno.test(
  "any picklist takes displayed values only where it is set so, and reads show either",
  withZoho(async (zoho) => {
    const options = [{ display_value: "Done", actual_value: "Completed" }];
    const fields = [{ field_label: "Check", data_type: "picklist", pick_list_values: options }];
    await zoho.call("POST", "settings/fields?module=Deals", { fields });
    await zoho.control.changeSettings({ picklists: "refuse", picklistWrites: "display" });
    const write = (Check: string) => zoho.call("POST", "Deals", { data: [{ ...goodDeal, Check }] });
    const refused = await write("Completed");
    assertEquals(detailsOf(refused.items[0]).supported_values, ["Done"]);
    const id = String(detailsOf((await write("Done")).items[0]).id);
    assertEquals((await zoho.call("GET", `Deals/${id}`)).items[0]?.Check, "Completed");
    await zoho.control.changeSettings({ picklistReads: "display" });
    assertEquals((await zoho.call("GET", `Deals/${id}`)).items[0]?.Check, "Done");
    await zoho.control.changeSettings({ picklistWrites: "actual" });
    assertEquals((await write("Done")).status, 400);
  }),
);

Deno.test(
  "a tax of the organisation is added to lines that come without one, and to none by default",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Products", { Product_Name: "Fibre", Unit_Price: 100 });
    const free = await zoho.insert("Products", { Product_Name: "Visit", Unit_Price: 50, Taxable: false });
    const lines: JsonObject[] = [
      { Product_Name: { id } },
      { Product_Name: { id }, Line_Tax: [{ name: "Half", percentage: 5 }] },
      { Product_Name: { id: free } },
    ];
    const totals = async () => {
      const quote = await zoho.insert("Quotes", { Subject: "Q", Quoted_Items: lines });
      const { Quoted_Items, Grand_Total } = await zoho.control.record("Quotes", quote);
      const rows = Array.isArray(Quoted_Items) ? Quoted_Items.filter(isObject) : [];
      return { taxes: rows.map((row) => row.Tax), Grand_Total };
    };
    assertEquals(await totals(), { taxes: [0, 5, 0], Grand_Total: 255 });
    await zoho.control.changeSettings({ lineTax: { name: "VAT", percentage: 15 } });
    assertEquals(await totals(), { taxes: [15, 5, 0], Grand_Total: 270 });
  }),
);

const currencies = [
  { code: "USD", rate: 1 },
  { code: "ZAR", rate: 0.054321 },
  { code: "JPY", rate: 0.0066, decimals: 0 },
];

Deno.test(
  "a record that names no currency is in the home currency of the organisation, whatever its amounts mean",
  withZoho(async (zoho) => {
    assertEquals((await saved(zoho, { Amount: 899 })).Currency, undefined);
    await zoho.control.changeSettings({ currencies });
    const deal = await saved(zoho, { Amount: 899 });
    assertEquals([deal.Amount, deal.Currency, deal.Exchange_Rate], [899, "USD", 1]);
    const org = (await zoho.call("GET", "org")).body.org;
    assert(JSON.stringify(org).includes('"iso_code":"USD"'));
    const listed = (await zoho.call("GET", "org/currencies")).body.currencies;
    assertEquals(Array.isArray(listed) && listed.length, 3);
    await zoho.control.changeSettings({ currencies: null });
    assertEquals((await zoho.control.record("Deals", deal.id)).Currency, undefined);
  }),
);

Deno.test(
  "a record's currency brings its rate and its decimals, and an unknown one is refused",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({ currencies });
    const rand = await saved(zoho, { Amount: 899.999, Currency: "ZAR" });
    assertEquals([rand.Amount, rand.Exchange_Rate], [900, 0.054321]);
    await put(zoho, rand.id, { Exchange_Rate: 0.05 });
    await put(zoho, rand.id, { Amount: 1 });
    assertEquals((await zoho.control.record("Deals", rand.id)).Exchange_Rate, 0.05);
    await put(zoho, rand.id, { Currency: "JPY", Amount: 12.7 });
    const yen = await zoho.control.record("Deals", rand.id);
    assertEquals([yen.Amount, yen.Exchange_Rate], [13, 0.0066]);
    const { items } = await put(zoho, rand.id, { Currency: "EUR" });
    assertEquals(detailsOf(items[0]).supported_values, ["USD", "ZAR", "JPY"]);
  }),
);
