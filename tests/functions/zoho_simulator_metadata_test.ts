import { assert, assertEquals } from "@std/assert";
import type { JsonObject } from "../../local/zoho/core/json.ts";
import { isObject } from "../../local/zoho/core/json.ts";
import { detailsOf, goodDeal, TestZoho, withZoho } from "../../local/zoho/testing.ts";

const kyc: JsonObject = {
  field_label: "KYC Status",
  data_type: "picklist",
  pick_list_values: [{ display_value: "Pending", actual_value: "Pending" }],
};

const create = (zoho: TestZoho, ...fields: JsonObject[]) =>
  zoho.call("POST", "settings/fields?module=Deals", { fields });

async function fieldOf(zoho: TestZoho, label: string): Promise<JsonObject | undefined> {
  const { items } = await zoho.call("GET", "settings/fields?module=Deals");
  return items.find((field) => field.field_label === label);
}

Deno.test(
  "an org starts with the compliance fields, and a bare one without",
  withZoho(async (zoho) => {
    const contract = await fieldOf(zoho, "Contract Number");
    assertEquals(contract?.api_name, "Contract_Number");
    assertEquals(contract?.unique, { casesensitive: "false" });
    const stage = await fieldOf(zoho, "Stage");
    assert(JSON.stringify(stage?.pick_list_values).includes("Identify Decision Makers"));
  }),
);

Deno.test(
  "a created field is answered by id only and is found under the name made of its label",
  withZoho(async (zoho) => {
    assertEquals(await fieldOf(zoho, "KYC Status"), undefined);
    const { status, items } = await create(zoho, kyc);
    assertEquals(status, 201);
    assertEquals(Object.keys(detailsOf(items[0])), ["id"]);
    assertEquals((await fieldOf(zoho, "KYC Status"))?.api_name, "KYC_Status");
    const id = await zoho.insert("Deals", { ...goodDeal, KYC_Status: "Pending" });
    assertEquals((await zoho.control.record("Deals", id)).KYC_Status, "Pending");
  }, { bare: true }),
);

Deno.test(
  "a field that cannot be created says why",
  withZoho(async (zoho) => {
    const wrong: [JsonObject, string][] = [
      [{ ...kyc, field_label: "Stage" }, "DUPLICATE_DATA"],
      [{ ...kyc, field_label: "Owner" }, "RESERVED_KEYWORD_NOT_ALLOWED"],
      [{ field_label: "No values", data_type: "picklist" }, "EXPECTED_DEPENDENT_FIELD_MISSING"],
      [{ data_type: "date" }, "MANDATORY_NOT_FOUND"],
      [{ field_label: "Odd", data_type: "colour" }, "INVALID_DATA"],
    ];
    for (const [field, code] of wrong) {
      const { status, items } = await create(zoho, field);
      assertEquals([status, items[0]?.code], [400, code]);
    }
    const none = await zoho.call("POST", "settings/fields", { fields: [kyc] });
    assertEquals(none.code, "REQUIRED_PARAM_MISSING");
  }, { bare: true }),
);

Deno.test(
  "a call creates five fields at most, and a module has two unique ones",
  withZoho(async (zoho) => {
    const text = (number: number): JsonObject => ({ field_label: `Ref ${number}`, data_type: "text" });
    assertEquals((await create(zoho, ...[1, 2, 3, 4, 5, 6].map(text))).code, "LIMIT_EXCEEDED");
    const unique = (number: number) => ({ ...text(number), unique: { case_sensitive: false } });
    const { items } = await create(zoho, unique(1), unique(2), unique(3));
    assertEquals(items.map((item) => item.code), ["SUCCESS", "SUCCESS", "LIMIT_EXCEEDED"]);
    const external = { ...text(4), external: { type: "org", show: false } };
    assertEquals((await create(zoho, external)).status, 201);
    await zoho.control.changeSettings({ externalCountsAsUnique: true });
    assertEquals((await create(zoho, { ...external, field_label: "Ref 5" })).status, 400);
  }, { bare: true }),
);

Deno.test(
  "a renamed field takes its values along, and a deleted one takes them away",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Deals", { ...goodDeal, Contract_Number: "CT-1" });
    const field = await fieldOf(zoho, "Contract Number");
    const path = `settings/fields/${field?.id}?module=Deals`;
    await zoho.call("PATCH", path, { fields: [{ field_label: "Agreement" }] });
    assertEquals((await fieldOf(zoho, "Agreement"))?.api_name, "Contract_Number");
    await zoho.call("PATCH", path, { fields: [{ api_name: "Agreement_No" }] });
    assertEquals((await zoho.control.record("Deals", id)).Agreement_No, "CT-1");
    assertEquals((await zoho.coql("select id from Deals where Agreement_No = 'CT-1'")).items, [{ id }]);
    assertEquals((await zoho.call("DELETE", path)).status, 200);
    assert(!("Agreement_No" in await zoho.control.record("Deals", id)));
  }),
);

Deno.test(
  "an external field replaces the id in paths, lists and lookups",
  withZoho(async (zoho) => {
    const field = { field_label: "Customer Ref", data_type: "text", external: { type: "org", show: false } };
    await zoho.call("POST", "settings/fields?module=Accounts", { fields: [field] });
    const account = await zoho.insert("Accounts", { Account_Name: "Acme", Customer_Ref: "C-1" });
    const headers = { "X-EXTERNAL": "Accounts.Customer_Ref" };
    const get = await zoho.call("GET", "Accounts/C-1", undefined, { headers });
    assertEquals(get.items[0]?.id, account);
    assertEquals((await zoho.call("GET", "Accounts/C-2", undefined, { headers })).status, 204);
    const put = await zoho.call("PUT", "Accounts/C-1", { data: [{ Phone: "012" }] }, { headers });
    assertEquals(detailsOf(put.items[0]).Customer_Ref, "C-1");
    const upsert = await zoho.call("POST", "Accounts/upsert", {
      data: [{ Account_Name: "New name", Customer_Ref: "C-1" }],
      duplicate_check_fields: ["Customer_Ref"],
    });
    assertEquals([upsert.items[0]?.action, detailsOf(upsert.items[0]).id], ["update", account]);
    const deal = { ...goodDeal, Account_Name: { Customer_Ref: "C-1" } };
    const lookup = { "X-EXTERNAL": "Deals.Account_Name.Customer_Ref" };
    const made = await zoho.call("POST", "Deals", { data: [deal] }, { headers: lookup });
    assertEquals(made.status, 201);
    const read = await zoho.control.record("Deals", String(detailsOf(made.items[0]).id));
    assertEquals(read.Account_Name, { name: "New name", id: account });
    const lost = { ...deal, Account_Name: { Customer_Ref: "C-9" } };
    assertEquals((await zoho.call("POST", "Deals", { data: [lost] }, { headers: lookup })).status, 400);
  }),
);

Deno.test(
  "modules, layouts, pipeline, org and the current user can be read",
  withZoho(async (zoho) => {
    assertEquals((await zoho.call("GET", "settings/modules")).items.length, 6);
    const layouts = (await zoho.call("GET", "settings/layouts?module=Deals")).body.layouts;
    const [layout] = Array.isArray(layouts) ? layouts : [];
    const id = isObject(layout) ? layout.id : "";
    const pipeline = await zoho.call("GET", `settings/pipeline?layout_id=${id}`);
    assert(JSON.stringify(pipeline.body).includes("Standard (Standard)"));
    assert(JSON.stringify((await zoho.call("GET", "org")).body).includes("ZAR"));
    const users = (await zoho.call("GET", "users?type=CurrentUser")).body.users;
    const [user] = Array.isArray(users) ? users : [];
    const deal = await zoho.control.record("Deals", await zoho.insert("Deals", goodDeal));
    assertEquals(isObject(user) && user.id, isObject(deal.Modified_By) && deal.Modified_By.id);
  }),
);

Deno.test(
  "a record that names its layout must fill what the layout stars",
  withZoho(async (zoho) => {
    const { items } = await zoho.call("POST", "Deals", { data: [{ ...goodDeal, Layout: { id: "1" } }] });
    assertEquals([items[0]?.code, detailsOf(items[0]).api_name], ["MANDATORY_NOT_FOUND", "Account_Name"]);
    await zoho.control.changeSettings({ pipelineMandatory: true });
    assertEquals(
      detailsOf((await zoho.call("POST", "Deals", { data: [goodDeal] })).items[0]).api_name,
      "Pipeline",
    );
  }),
);
