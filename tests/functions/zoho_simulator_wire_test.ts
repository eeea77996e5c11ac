import { assert, assertEquals } from "@std/assert";
import { isObject, type JsonObject } from "../../local/zoho/core/json.ts";
import { detailsOf, goodDeal, withZoho } from "../../local/zoho/testing.ts";

// The shape of requests and answers that real clients meet, where an easier one would do.

Deno.test(
  "a module's name in lower case is the module",
  withZoho(async (zoho) => {
    const id = await zoho.insert("deals", goodDeal);
    assertEquals((await zoho.call("GET", `deals/${id}`)).items[0]?.Deal_Name, "Fibre 100");
    assertEquals((await zoho.call("GET", "settings/fields?module=deals")).status, 200);
    assertEquals((await zoho.coql("select id from deals where id is not null limit 1")).items[0]?.id, id);
    const watch = [{ channel_id: "1", events: ["deals.edit"], notify_url: "http://127.0.0.1:9/" }];
    assertEquals((await zoho.call("POST", "actions/watch", { watch })).status, 201);
    const [channel] = (await zoho.call("GET", "actions/watch?module=deals")).items;
    assertEquals([channel?.resource_name, channel?.events], ["Deals", ["Deals.edit"]]);
    assertEquals((await zoho.call("GET", "dealz/1")).body.code, "INVALID_MODULE");
  }),
);

Deno.test(
  "an update without an id lacks a mandatory field, and an update of an unknown id has a wrong one",
  withZoho(async (zoho) => {
    const none = await zoho.call("PUT", "Deals", { data: [{ Amount: 1 }] });
    assertEquals([none.status, none.items[0]?.code], [400, "MANDATORY_NOT_FOUND"]);
    assertEquals(detailsOf(none.items[0]).json_path, "$.data[0].id");
    const unknown = await zoho.call("PUT", "Deals", { data: [{ id: "999", Amount: 1 }] });
    assertEquals(unknown.items[0]?.code, "INVALID_DATA");
  }),
);

Deno.test(
  "a merge that names no master_record_fields is refused",
  withZoho(async (zoho) => {
    const [master, loser] = [await zoho.insert("Deals", goodDeal), await zoho.insert("Deals", goodDeal)];
    const path = `Deals/${master}/actions/merge`;
    const { status, text } = await zoho.call("POST", path, { merge: [{ data: [{ id: loser }] }] });
    assertEquals(status, 400);
    assert(text.includes("MANDATORY_NOT_FOUND") && text.includes("$.merge[0].master_record_fields"), text);
    assertEquals((await zoho.call("GET", `Deals/${loser}`)).status, 200);
  }),
);

Deno.test(
  "a PATCH of a channel without the token sets it to null",
  withZoho(async (zoho) => {
    const entry = { channel_id: "1", events: ["Deals.edit"], notify_url: "http://127.0.0.1:9/" };
    await zoho.call("POST", "actions/watch", { watch: [{ ...entry, token: "secret" }] });
    assertEquals((await zoho.call("GET", "actions/watch")).items[0]?.token, "secret");
    assertEquals((await zoho.call("PATCH", "actions/watch", { watch: [entry] })).status, 200);
    assertEquals((await zoho.call("GET", "actions/watch")).items[0]?.token, null);
  }),
);

/** Of Zoho's OpenAPI document of `settings/fields`; a client may count on every one of them. */
const alwaysThere = [
  ...["webhook", "operation_type", "colour_code_enabled_by_system", "field_label", "type", "field_read_only"],
  ...["display_label", "read_only", "association_details", "businesscard_supported", "multi_module_lookup"],
  ...[
    "id",
    "filterable",
    "visible",
    "profiles",
    "view_type",
    "separator",
    "searchable",
    "external",
    "api_name",
  ],
  ...["history_tracking_enabled", "unique", "enable_colour_code", "pick_list_values", "system_mandatory"],
  ...["virtual_field", "range", "created_source", "display_type", "ui_type", "public", "email_parser"],
  ...["currency", "custom_field", "lookup", "convert_mapping", "rollup_summary", "display_field"],
  ...["pick_list_values_sorted_lexically", "sortable", "data_type", "formula", "mass_update"],
  ...["multiselectlookup", "auto_number"],
];

Deno.test(
  "every field of every module has every key that its metadata always has",
  withZoho(async (zoho) => {
    for (
      const module of ["Deals", "Quotes", "Invoices", "Accounts", "Contacts", "Products", "Quoted_Items"]
    ) {
      const { items } = await zoho.call("GET", `settings/fields?module=${module}`);
      assert(items.length > 5, module);
      for (const field of items) {
        assertEquals(alwaysThere.filter((key) => !(key in field)), [], `${module}.${field.api_name}`);
      }
    }
    const { items } = await zoho.call("GET", "settings/fields?module=Quotes");
    const lines = items.find((field) => field.api_name === "Quoted_Items");
    assertEquals(isObject(lines?.associated_module) && lines.associated_module.module, "Quoted_Items");
  }),
);

Deno.test(
  "a line is called Product_Details and product in v2, and by its names of today since",
  withZoho(async (zoho) => {
    const product = await zoho.insert("Products", { Product_Name: "Fibre" });
    const old = {
      Subject: "Quote",
      Product_Details: [{ product: { id: product }, quantity: 2, list_price: 5 }],
    };
    const made = await zoho.call("POST", "Quotes", { data: [old] }, { version: "v2" });
    assertEquals(made.items[0]?.code, "SUCCESS");
    const id = String(detailsOf(made.items[0]).id);
    const line = async (version: string, name: string): Promise<JsonObject> => {
      const [quote] = (await zoho.call("GET", `Quotes/${id}`, undefined, { version })).items;
      const lines = quote?.[name];
      const [first] = Array.isArray(lines) ? lines.filter(isObject) : [];
      return first ?? {};
    };
    const v2 = await line("v2", "Product_Details");
    assertEquals([isObject(v2.product) && v2.product.id, v2.quantity, v2.list_price], [product, 2, 5]);
    const v8 = await line("v8", "Quoted_Items");
    assertEquals([isObject(v8.Product_Name) && v8.Product_Name.id, v8.Quantity], [product, 2]);
    const today = { Subject: "Quote", Quoted_Items: [{ Product_Name: { id: product } }] };
    const unknown = await zoho.call("POST", "Quotes", { data: [today] }, { version: "v2" });
    assertEquals(unknown.items[0]?.code, "MANDATORY_NOT_FOUND");
  }),
);

Deno.test(
  "a record says that it is available",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Deals", goodDeal);
    assertEquals((await zoho.call("GET", `Deals/${id}`)).items[0]?.Record_Status__s, "Available");
    const listed = await zoho.call("GET", "Deals?fields=Deal_Name,Record_Status__s");
    assertEquals(listed.items[0]?.Record_Status__s, "Available");
  }),
);
