import { assert, assertEquals } from "@std/assert";
import { toCsv } from "../../local/zoho/bulk/book.ts";
import { unzipOne, zipOne } from "../../local/zoho/bulk/zip.ts";
import { isObject, type JsonObject } from "../../local/zoho/core/json.ts";
import { goodDeal, TestZoho, withZoho } from "../../local/zoho/testing.ts";

async function upload(zoho: TestZoho, rows: string[][]): Promise<string> {
  const form = new FormData();
  const zip = zipOne("deals.csv", new TextEncoder().encode(toCsv(rows)));
  form.set("file", new File([new Uint8Array(zip)], "deals.zip"));
  const authorization = `Zoho-oauthtoken ${await zoho.token()}`;
  const headers = { feature: "bulk-write", "X-CRM-ORG": "1", authorization };
  const response = await fetch(`${zoho.url}/crm/v8/upload`, { method: "POST", headers, body: form });
  const { code, details } = await response.json();
  assertEquals([response.status, code], [200, "FILE_UPLOAD_SUCCESS"]);
  return details.file_id;
}

const jobOf = (file_id: string, api_name: string, columns: string[]): JsonObject => ({
  operation: "upsert",
  resource: [{
    type: "data",
    module: { api_name },
    file_id,
    find_by: "Contract_Number",
    field_mappings: columns.map((name, index) => ({ api_name: name, index })),
  }],
});

Deno.test(
  "a bulk job upserts its rows once its time has come, and tells what became of each",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({ bulkJobMs: 60_000 });
    const old = await zoho.insert("Deals", { ...goodDeal, Contract_Number: "CT-1" });
    const columns = ["Deal_Name", "Stage", "Contract_Number"];
    const rows = [columns, ["A", "Closed Won", "CT-1"], ["B, the second", "Qualification", "CT-2"], [
      "C",
      "",
      "CT-3",
    ]];
    const file = await upload(zoho, rows);
    const made = await zoho.call("POST", "/crm/bulk/v8/write", jobOf(file, "Deals", columns));
    assertEquals(made.status, 201);
    const path = `/crm/bulk/v8/write/${isObject(made.body.details) ? made.body.details.id : ""}`;
    assertEquals((await zoho.call("GET", path)).body.status, "ADDED");
    await zoho.control.advanceClock(60_000);
    const done = await zoho.call("GET", path);
    assertEquals(done.body.status, "COMPLETED");
    const { added_count, updated_count, skipped_count } = JSON.parse(done.text).resource[0].file;
    assertEquals([added_count, updated_count, skipped_count], [1, 1, 1]);
    assertEquals((await zoho.control.record("Deals", old)).Stage, "Closed Won");
    const result = await fetch(`${zoho.url}${path}/result`, {
      headers: { authorization: `Zoho-oauthtoken ${await zoho.token()}` },
    });
    const csv = new TextDecoder().decode(unzipOne(new Uint8Array(await result.arrayBuffer()))?.data);
    assert(csv.includes("UPDATED") && csv.includes("ADDED") && csv.includes("MANDATORY_NOT_FOUND"));
    assertEquals(
      (await zoho.control.calls()).find((call) => call.path === "/crm/bulk/v8/write")?.credits,
      500,
    );
  }),
);

Deno.test(
  "a bulk job over quotes, an unknown file or an unknown field is refused",
  withZoho(async (zoho) => {
    const file = await upload(zoho, [["Subject"], ["Q"]]);
    const code = async (body: JsonObject) => (await zoho.call("POST", "/crm/bulk/v8/write", body)).code;
    assertEquals(await code(jobOf(file, "Quotes", ["Subject"])), "NOT_SUPPORTED");
    assertEquals(await code(jobOf("1", "Deals", ["Deal_Name"])), "INVALID_DATA");
    assertEquals(await code(jobOf(file, "Deals", ["Nonsense"])), "INVALID_DATA");
  }),
);

const sub = (sub_request_id: string, method: string, uri: string, body?: JsonObject): JsonObject => ({
  sub_request_id,
  method,
  uri,
  ...(body === undefined ? {} : { body }),
});

Deno.test(
  "a later composite request uses what an earlier one answered",
  withZoho(async (zoho) => {
    const { status } = await zoho.call("POST", "__composite_requests", {
      __composite_requests: [
        sub("1", "POST", "/crm/v8/Accounts", { data: [{ Account_Name: "Acme" }] }),
        sub("2", "POST", "/crm/v8/Deals", {
          data: [{ ...goodDeal, Account_Name: { id: "@{1:$.data[0].details.id}" } }],
        }),
      ],
    });
    assertEquals(status, 200);
    const [deal] = await zoho.control.records("Deals");
    assertEquals(isObject(deal?.Account_Name) && deal.Account_Name.name, "Acme");
  }),
);

Deno.test(
  "a composite call takes five requests, one record each, and can undo itself",
  withZoho(async (zoho) => {
    const send = (requests: JsonObject[], more: JsonObject = {}) =>
      zoho.call("POST", "__composite_requests", { ...more, __composite_requests: requests });
    const good = sub("1", "POST", "/crm/v8/Deals", { data: [goodDeal] });
    assertEquals((await send(Array.from({ length: 6 }, () => good))).code, "LIMIT_EXCEEDED");
    const bad = sub("2", "POST", "/crm/v8/Deals", { data: [goodDeal, goodDeal] });
    assertEquals((await send([good, bad], { rollback_on_fail: true })).status, 400);
    assertEquals((await zoho.control.state()).records.Deals, 0);
    assertEquals((await send([good, bad])).status, 207);
    assertEquals((await zoho.control.state()).records.Deals, 1);
  }),
);

Deno.test("the program says when it is ready, names a taken port, and stops when asked", async () => {
  const main = new URL("../../local/zoho/main.ts", import.meta.url).pathname;
  const run = (...args: string[]) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", main, ...args],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  const first = run("--port", "0", "--seed", "3");
  const reader = first.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const ready = JSON.parse((await reader.read()).value ?? "{}");
  assertEquals(ready.ready, true);
  assertEquals((await new TestZoho(ready.url).control.state()).seed, 3);

  const second = await run("--port", new URL(ready.url).port).output();
  assertEquals(second.code, 1);
  const complaint = new TextDecoder().decode(second.stderr).trim();
  assertEquals(complaint.split("\n").length, 1);
  assert(complaint.includes("is taken"));

  first.kill("SIGTERM");
  assertEquals((await first.status).code, 0);
  await reader.cancel();
  await first.stderr.cancel();
});
