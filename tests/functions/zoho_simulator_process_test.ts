import { assert, assertEquals } from "@std/assert";
import { MINUTE, SECOND } from "../../supabase/functions/_shared/platform/duration.ts";
import type { JsonObject } from "../../local/zoho/core/json.ts";
import { isObject } from "../../local/zoho/core/json.ts";
import { detailsOf, goodDeal, type TestZoho, withZoho } from "../../local/zoho/testing.ts";

const put = (zoho: TestZoho, id: string, fields: JsonObject) =>
  zoho.call("PUT", `Deals/${id}`, { data: [fields] });
const stageOf = async (zoho: TestZoho, id: string) => (await zoho.control.record("Deals", id)).Stage;

Deno.test(
  "a stage outside the list is stored where pipelines are off, unless it is refused",
  withZoho(async (zoho) => {
    const write = (Stage: string) => zoho.call("POST", "Deals", { data: [{ ...goodDeal, Stage }] });
    assertEquals((await write("Somewhere")).items[0]?.message, "Pipeline doesn't contain the Stage");
    await zoho.control.changeSettings({ pipelines: "off" });
    const id = String(detailsOf((await write("Somewhere")).items[0]).id);
    const stored = await zoho.control.record("Deals", id);
    assertEquals([stored.Stage, "Pipeline" in stored], ["Somewhere", false]);
    await zoho.control.changeSettings({ unlistedStages: "refuse" });
    assertEquals((await write("Somewhere")).status, 400);
  }),
);

Deno.test(
  "a stage must belong to the Deal's pipeline, and a pipeline to the layout",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({
      pipelines: [
        { name: "Fibre", stages: ["Qualification", "Closed Won"] },
        { name: "Renewals", stages: ["Negotiation/Review", "Closed Won"] },
      ],
    });
    const id = await zoho.insert("Deals", goodDeal);
    assertEquals((await zoho.control.record("Deals", id)).Pipeline, "Fibre");
    const refused = await put(zoho, id, { Stage: "Negotiation/Review" });
    assertEquals(detailsOf(refused.items[0]).api_name, "Stage");
    assertEquals((await put(zoho, id, { Stage: "Closed Won" })).status, 200);
    assertEquals((await put(zoho, id, { Pipeline: "Renewals" })).status, 200);
    assertEquals((await put(zoho, id, { Stage: "Qualification" })).status, 400);
    const odd = await put(zoho, id, { Pipeline: "Elsewhere" });
    assertEquals(odd.items[0]?.message, "Layout doesn't contain the Pipeline");
    const { items: fields } = await zoho.call("GET", "settings/fields?module=Deals");
    const options = fields.find((field) => field.api_name === "Pipeline")?.pick_list_values;
    assertEquals(Array.isArray(options) && options.length, 2);
  }),
);

Deno.test(
  "the settings list every pipeline with its stages, and none where pipelines are off",
  withZoho(async (zoho) => {
    const layouts = (await zoho.call("GET", "settings/layouts?module=Deals")).body.layouts;
    const layout = Array.isArray(layouts) && isObject(layouts[0]) ? layouts[0].id : "";
    const read = () => zoho.call("GET", `settings/pipeline?layout_id=${layout}`);
    await zoho.control.changeSettings({
      pipelines: [{ name: "Fibre", stages: ["Closed Won"] }, { name: "All", stages: [] }],
    });
    const { pipeline } = (await read()).body;
    const sizes = (Array.isArray(pipeline) ? pipeline.filter(isObject) : []).map(({ maps }) =>
      Array.isArray(maps) && maps.length
    );
    assertEquals(sizes, [1, 9]);
    await zoho.control.changeSettings({ pipelines: "off" });
    assertEquals((await read()).status, 204);
  }),
);

Deno.test(
  "a blueprint refuses an API write of its field, leaves the other fields and lets people move on",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Deals", goodDeal);
    await zoho.control.changeSettings({ blueprint: {} });
    const { status, items } = await put(zoho, id, { Stage: "Closed Won", KYC_Status: "Completed" });
    assertEquals([status, items[0]?.code], [400, "RECORD_IN_BLUEPRINT"]);
    assertEquals(detailsOf(items[0]).api_name, "Stage");
    assertEquals((await put(zoho, id, { KYC_Status: "Completed" })).status, 200);
    await zoho.control.edit("Deals", id, { Stage: "Closed Won" });
    assertEquals(await stageOf(zoho, id), "Closed Won");
  }),
);

Deno.test(
  "a blueprint may accept the value that is there, hold only some states, or lock the record",
  withZoho(async (zoho) => {
    const id = await zoho.insert("Deals", goodDeal);
    const same = () => put(zoho, id, { Stage: "Qualification" });
    await zoho.control.changeSettings({ blueprint: { sameValue: "refuse" } });
    assertEquals((await same()).status, 400);
    await zoho.control.changeSettings({ blueprint: { sameValue: "accept" } });
    assertEquals((await same()).status, 200);
    await zoho.control.changeSettings({ blueprint: { states: ["Closed Won"] } });
    assertEquals((await same()).status, 200);
    await zoho.control.changeSettings({ blueprint: { locks: "record" } });
    assertEquals((await put(zoho, id, { Amount: 1 })).items[0]?.code, "RECORD_IN_BLUEPRINT");
  }),
);

Deno.test(
  "an inactive owner is refused inside the lookup, unless accepted, and the users' list says who is inactive",
  withZoho(async (zoho) => {
    const users = async (type: string) => {
      const { users } = (await zoho.call("GET", `users?type=${type}`)).body;
      return Array.isArray(users) ? users.filter(isObject) : [];
    };
    const seller = (await users("AllUsers")).find((user) => user.full_name === "Thandi Seller");
    const write = () =>
      zoho.call("POST", "Deals", { data: [{ ...goodDeal, Owner: { id: String(seller?.id) } }] });
    assertEquals((await write()).status, 201);
    await zoho.control.changeSettings({ inactiveUsers: ["seller"] });
    const { items } = await write();
    assertEquals([items[0]?.code, detailsOf(items[0]).json_path], ["INVALID_DATA", "$.data[0].Owner.id"]);
    assertEquals((await users("ActiveUsers")).length, 1);
    assertEquals((await users("DeactiveUsers")).map((user) => user.status), ["inactive"]);
    await zoho.control.changeSettings({ inactiveOwner: "accept" });
    assertEquals((await write()).status, 201);
  }),
);

Deno.test(
  "a newer record refuses the whole call of a conditional write, or only itself",
  withZoho(async (zoho) => {
    const [quiet, moved] = [await zoho.insert("Deals", goodDeal), await zoho.insert("Deals", goodDeal)];
    const since = String((await zoho.control.record("Deals", quiet)).Modified_Time);
    await zoho.control.advanceClock(5 * SECOND);
    await zoho.control.edit("Deals", moved, { Stage: "Closed Won" });
    const headers = { "If-Unmodified-Since": since };
    const data = [quiet, moved].map((id) => ({ id, Amount: 7 }));
    const write = () => zoho.call("PUT", "Deals", { data }, { headers });
    const amounts = async () =>
      (await zoho.control.records("Deals")).filter((deal) => deal.Amount === 7).map((deal) => deal.id);

    const whole = await write();
    assertEquals([whole.status, whole.items.map((item) => item.code)], [412, ["ALREADY_MODIFIED"]]);
    assertEquals(detailsOf(whole.items[0]).id, moved);
    assertEquals(await amounts(), []);

    await zoho.control.changeSettings({ unmodifiedSince: "each" });
    const each = await write();
    assertEquals([each.status, each.items.map((item) => item.code)], [207, ["SUCCESS", "ALREADY_MODIFIED"]]);
    assertEquals(await amounts(), [quiet]);
  }),
);

Deno.test(
  "a conditional upsert is refused for the record it finds, and inserts what it does not find",
  withZoho(async (zoho) => {
    await zoho.insert("Deals", { ...goodDeal, Contract_Number: "CT-1" });
    const headers = { "If-Unmodified-Since": "2020-01-01T00:00:00+02:00" };
    const upsert = (number: string) =>
      zoho.call("POST", "Deals/upsert", {
        data: [{ ...goodDeal, Contract_Number: number }],
        duplicate_check_fields: ["Contract_Number"],
      }, { headers });
    for (const unmodifiedSince of ["call", "each"] as const) {
      await zoho.control.changeSettings({ unmodifiedSince });
      assertEquals([(await upsert("CT-1")).status, (await upsert(unmodifiedSince)).status], [412, 200]);
    }
  }),
);

Deno.test(
  "a field update rewrites a field after each write, moves Modified_Time, and calls the channels",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({
      fieldUpdates: [{ module: "Deals", field: "Amount", set: { Amount: 100 } }],
    });
    const id = await zoho.insert("Deals", { ...goodDeal, Amount: 7 });
    assertEquals((await zoho.control.record("Deals", id)).Amount, 100);
    await put(zoho, id, { Amount: 8 });
    assertEquals((await zoho.control.record("Deals", id)).Amount, 100);
    const { changes } = await zoho.control.changes({ module: "Deals" });
    assertEquals(changes.map(({ by }) => by), ["api", "workflow", "api", "workflow"]);
    await zoho.call("PUT", `Deals/${id}`, { data: [{ Amount: 9 }], trigger: [] });
    assertEquals((await zoho.control.record("Deals", id)).Amount, 9);
  }),
);

Deno.test(
  "a field update moves the stage of the writes it matches, at its time on the simulator's clock",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({
      fieldUpdates: [{
        module: "Deals",
        on: "update",
        field: "KYC_Status",
        value: "Completed",
        set: { Stage: "Closed Won" },
        delayMs: 10 * MINUTE,
      }],
    });
    const id = await zoho.insert("Deals", { ...goodDeal, KYC_Status: "Completed" });
    await put(zoho, id, { KYC_Status: "Declined" });
    await zoho.control.advanceClock(11 * MINUTE);
    assertEquals(await stageOf(zoho, id), "Qualification");
    await put(zoho, id, { KYC_Status: "Completed" });
    await zoho.control.advanceClock(9 * MINUTE);
    assertEquals(await stageOf(zoho, id), "Qualification");
    await zoho.control.advanceClock(2 * MINUTE);
    assertEquals(await stageOf(zoho, id), "Closed Won");
  }),
);

Deno.test(
  "a field update is by the user whose write started it, or by the system",
  withZoho(async (zoho) => {
    const nameOf = async () => {
      const { Modified_By } = await zoho.control.record("Deals", await zoho.insert("Deals", goodDeal));
      return isObject(Modified_By) ? Modified_By.name : null;
    };
    await zoho.control.changeSettings({ fieldUpdates: [{ module: "Deals", set: { Amount: 1 } }] });
    assertEquals(await nameOf(), "CircleTel Integration");
    await zoho.control.changeSettings({ fieldUpdateUser: "system" });
    assertEquals(await nameOf(), "Zoho CRM");
    assert((await zoho.control.changes({ module: "Deals" })).changes.length === 4);
  }),
);
