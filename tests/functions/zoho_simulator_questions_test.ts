import { assertEquals } from "@std/assert";
import { MINUTE } from "../../supabase/functions/_shared/platform/duration.ts";
import { isObject, type JsonObject } from "../../local/zoho/core/json.ts";
import { goodDeal, type TestZoho, withZoho } from "../../local/zoho/testing.ts";

// Questions about reading, metadata and limits that no public source answers: both positions of each switch. What the
// other files of this folder test in both positions is not repeated.

Deno.test(
  "a query may ask for as many rows as the switch says, 200 by default",
  withZoho(async (zoho) => {
    const query = (limit: number) => zoho.coql(`select id from Deals where id is not null limit ${limit}`);
    assertEquals([(await query(200)).status, (await query(201)).code], [204, "LIMIT_EXCEEDED"]);
    await zoho.control.changeSettings({ coqlRowLimit: 2000 });
    assertEquals([(await query(2000)).status, (await query(2001)).code], [204, "LIMIT_EXCEEDED"]);
  }),
);

Deno.test(
  "a query may name as many values in a list as the switch says",
  withZoho(async (zoho) => {
    const query = (count: number) => {
      const values = Array.from({ length: count }, (_, index) => `'${index}'`).join(", ");
      return zoho.coql(`select id from Deals where Contract_Number in (${values})`);
    };
    for (const coqlInValues of [50, 100]) {
      await zoho.control.changeSettings({ coqlInValues });
      assertEquals((await query(coqlInValues)).status, 204);
      assertEquals((await query(coqlInValues + 1)).code, "LIMIT_EXCEEDED");
    }
  }),
);

Deno.test(
  "an apostrophe in a query is doubled, escaped by a backslash, or either",
  withZoho(async (zoho) => {
    await zoho.insert("Accounts", { Account_Name: "O'Brien" });
    const found = async (text: string) =>
      (await zoho.coql(`select id from Accounts where Account_Name = ${text}`)).status === 200;
    const answers = { doubled: [true, false], backslash: [false, true], both: [true, true] };
    for (const [rule, expected] of Object.entries(answers)) {
      await zoho.control.changeSettings({ coqlQuote: rule as keyof typeof answers });
      assertEquals([await found("'O''Brien'"), await found("'O\\'Brien'")], expected, rule);
    }
  }),
);

Deno.test(
  "a query sees a write at once, or only when the search index does",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({ indexLagMs: MINUTE });
    const id = await zoho.insert("Deals", { ...goodDeal, Contract_Number: "CT-1" });
    const found = async () =>
      (await zoho.coql("select id from Deals where Contract_Number = 'CT-1'")).items.map((item) => item.id);
    assertEquals(await found(), [id]);
    await zoho.control.changeSettings({ coqlFreshness: "indexed" });
    assertEquals(await found(), []);
    await zoho.control.advanceClock(2 * MINUTE);
    assertEquals(await found(), [id]);
  }),
);

Deno.test(
  "a query with three conditions needs brackets, unless they are free",
  withZoho(async (zoho) => {
    const query = () => zoho.coql("select id from Deals where Amount > 1 and Amount > 2 and Amount > 3");
    assertEquals((await query()).code, "SYNTAX_ERROR");
    await zoho.control.changeSettings({ coqlBrackets: "free" });
    assertEquals((await query()).status, 204);
  }),
);

Deno.test(
  "a search takes as many conditions as the switch says, ten by default",
  withZoho(async (zoho) => {
    const search = (count: number) => {
      const criteria = Array.from({ length: count }, () => "(Deal_Name:equals:A)").join("or");
      return zoho.call("GET", `Deals/search?criteria=${encodeURIComponent(`(${criteria})`)}`);
    };
    assertEquals([(await search(10)).status, (await search(11)).code], [204, "CRITERIA_LIMIT_EXCEEDED"]);
    await zoho.control.changeSettings({ searchConditions: 15 });
    assertEquals([(await search(15)).status, (await search(16)).code], [204, "CRITERIA_LIMIT_EXCEEDED"]);
  }),
);

Deno.test(
  "the metadata of fields needs `include` where that is switched on",
  withZoho(async (zoho) => {
    const read = (more = "") => zoho.call("GET", `settings/fields?module=Deals${more}`);
    assertEquals((await read()).status, 200);
    await zoho.control.changeSettings({ fieldsInclude: "required" });
    assertEquals([(await read()).code, (await read("&include=allowed_permissions")).status], [
      "REQUIRED_PARAM_MISSING",
      200,
    ]);
  }),
);

Deno.test(
  "a created field has an api_name made of its label, or the requested one",
  withZoho(async (zoho) => {
    const create = async (field_label: string) => {
      const fields = [{ field_label, data_type: "text", api_name: "Chosen" }];
      await zoho.call("POST", "settings/fields?module=Deals", { fields });
      const { items } = await zoho.call("GET", "settings/fields?module=Deals");
      return items.find((field) => field.field_label === field_label)?.api_name;
    };
    assertEquals(await create("My field"), "My_field");
    await zoho.control.changeSettings({ fieldApiNameInPost: "honour" });
    assertEquals(await create("Another"), "Chosen");
  }),
);

async function optionsAfter(zoho: TestZoho, pick_list_values: JsonObject[]): Promise<unknown[]> {
  const path = "settings/fields";
  const field = async () =>
    (await zoho.call("GET", `${path}?module=Deals`)).items.find((known) => known.api_name === "Risk_Tier");
  const { id } = await field() ?? {};
  await zoho.call("PATCH", `${path}/${id}?module=Deals`, { fields: [{ pick_list_values }] });
  const options = (await field())?.pick_list_values;
  return (Array.isArray(options) ? options.filter(isObject) : []).map((option) => option.display_value);
}

const option = (display_value: string, actual_value = display_value) => ({ display_value, actual_value });

Deno.test(
  "a changed picklist keeps the options that the call leaves out, or is replaced by those it names",
  withZoho(async (zoho) => {
    assertEquals(await optionsAfter(zoho, [option("Severe")]), ["Low", "Medium", "High", "Severe"]);
    assertEquals(await optionsAfter(zoho, [option("Minor", "Low")]), ["Minor", "Medium", "High", "Severe"]);
    const dropped = { ...option("Severe"), _delete: null };
    assertEquals(await optionsAfter(zoho, [dropped]), ["Minor", "Medium", "High"]);
    await zoho.control.changeSettings({ picklistPatch: "replace" });
    assertEquals(await optionsAfter(zoho, [option("High"), option("None")]), ["High", "None"]);
  }),
);

Deno.test(
  "a 429 has the code of either document, and a Retry-After where that is switched on",
  withZoho(async (zoho) => {
    await zoho.token();
    await zoho.control.changeSettings({ dailyCredits: 0 });
    const answer = async () => {
      const { status, code, headers } = await zoho.call("GET", "Deals?fields=id");
      return [status, code, headers.get("retry-after")];
    };
    assertEquals(await answer(), [429, "TOO_MANY_REQUESTS", null]);
    await zoho.control.changeSettings({ tooManyCode: "RATE_LIMIT_EXCEEDED", retryAfterSeconds: 30 });
    assertEquals(await answer(), [429, "RATE_LIMIT_EXCEEDED", "30"]);
  }),
);

Deno.test(
  "an access token lives as long, and as many live, as the switches say",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({ tokenLifeMs: MINUTE, activeTokens: 2, scopeInReply: false });
    const answers = [await zoho.refresh(), await zoho.refresh(), await zoho.refresh()];
    assertEquals(answers.map(({ body }) => "scope" in body), [false, false, false]);
    const statuses = async () => {
      const tokens = answers.map(({ body }) => String(body.access_token));
      const calls = tokens.map((token) => zoho.call("GET", "Deals?fields=id", undefined, { token }));
      return (await Promise.all(calls)).map(({ status }) => status);
    };
    assertEquals(await statuses(), [401, 204, 204]);
    await zoho.control.advanceClock(MINUTE);
    assertEquals(await statuses(), [401, 401, 401]);
    await zoho.control.changeSettings({ scopeInReply: true });
    assertEquals("scope" in (await zoho.refresh()).body, true);
  }),
);

Deno.test(
  "times on the wire carry the offset of the organisation",
  withZoho(async (zoho) => {
    for (const [timeOffsetMinutes, ending] of [[120, "+02:00"], [-330, "-05:30"]] as const) {
      await zoho.control.changeSettings({ timeOffsetMinutes });
      const id = await zoho.insert("Deals", goodDeal);
      const { items } = await zoho.call("GET", `Deals/${id}?fields=Modified_Time`);
      assertEquals(String(items[0]?.Modified_Time).slice(-6), ending);
    }
  }),
);
