import { assert, assertEquals, assertRejects } from "@std/assert";
import { goodDeal, type TestZoho, withZoho } from "../../local/zoho/testing.ts";

const deals = async (zoho: TestZoho) => (await zoho.control.state()).records.Deals;
const insert = (zoho: TestZoho) => zoho.call("POST", "Deals", { data: [goodDeal] });

Deno.test(
  "a status fault answers with its status and commits nothing, as often as asked",
  withZoho(async (zoho) => {
    await zoho.token();
    await zoho.control.addFaults({
      match: { method: "POST", module: "Deals" },
      kind: "status",
      status: 503,
      times: 1,
    });
    assertEquals((await insert(zoho)).status, 503);
    assertEquals(await deals(zoho), 0);
    assertEquals((await insert(zoho)).status, 201);
    assertEquals((await zoho.control.faults())[0]?.hits, 1);
    await zoho.control.clearFaults();
    assertEquals(await zoho.control.faults(), []);
  }),
);

Deno.test(
  "a fault can hit the token endpoint with any body",
  withZoho(async (zoho) => {
    const body = { error: "general_error" };
    await zoho.control.addFaults({ match: { path: "/oauth/" }, kind: "status", status: 200, body, times: 1 });
    assertEquals((await zoho.refresh()).body, body);
    assert((await zoho.refresh()).body.access_token);
  }),
);

Deno.test(
  "a dropped reply commits, a reset connection does not",
  withZoho(async (zoho) => {
    await zoho.token();
    await zoho.control.addFaults({ match: { module: "Deals" }, kind: "drop_reply", times: 1 });
    await assertRejects(() => insert(zoho));
    assertEquals(await deals(zoho), 1);
    await zoho.control.addFaults({ match: { module: "Deals" }, kind: "connection_reset", times: 1 });
    await assertRejects(() => insert(zoho));
    assertEquals(await deals(zoho), 1);
    const statuses = (await zoho.control.calls()).filter((call) => call.path === "/crm/v8/Deals").map((c) =>
      c.status
    );
    assertEquals(statuses, [0, 0]);
  }),
);

Deno.test(
  "a connection closed without a byte commits, and fetch may send the call again by itself",
  withZoho(async (zoho) => {
    await zoho.token();
    await zoho.control.addFaults({ match: { module: "Deals" }, kind: "silent_drop", times: 1 });
    await insert(zoho).catch(() => undefined);
    const calls = (await zoho.control.calls()).filter((call) => call.path === "/crm/v8/Deals");
    assertEquals(calls[0]?.status, 0);
    assertEquals(await deals(zoho), calls.length);
  }),
);

Deno.test(
  "a half body commits and cannot be read",
  withZoho(async (zoho) => {
    await zoho.token();
    await zoho.control.addFaults({ kind: "half_body", match: { module: "Deals" } });
    await assertRejects(() => insert(zoho));
    assertEquals(await deals(zoho), 1);
  }),
);

Deno.test(
  "a hanging call is never answered and commits nothing",
  withZoho(async (zoho) => {
    await zoho.token();
    await zoho.control.addFaults({ kind: "hang", match: { module: "Deals" }, ms: 40 });
    await assertRejects(() => insert(zoho));
    assertEquals(await deals(zoho), 0);
  }),
);

Deno.test(
  "latency and a slow drip take their time and lose nothing",
  withZoho(async (zoho) => {
    await zoho.token();
    await zoho.control.addFaults(
      { kind: "latency", match: { module: "Deals" }, ms: 30 },
      { kind: "slow_drip", match: { module: "Deals" }, ms: 50 },
    );
    const startedMs = performance.now();
    assertEquals((await insert(zoho)).items[0]?.code, "SUCCESS");
    assert(performance.now() - startedMs >= 70);
  }),
);

Deno.test(
  "a record error hits the one record of a batch that matches",
  withZoho(async (zoho) => {
    const match = { module: "Deals", field: "Contract_Number", value: "CT-2" };
    await zoho.control.addFaults({ kind: "record_error", code: "RECORD_LOCKED", match });
    const data = ["CT-1", "CT-2", "CT-3"].map((Contract_Number) => ({ ...goodDeal, Contract_Number }));
    const { status, items } = await zoho.call("POST", "Deals", { data });
    assertEquals([status, ...items.map((item) => item.code)], [207, "SUCCESS", "RECORD_LOCKED", "SUCCESS"]);
    assertEquals(await deals(zoho), 2);
  }),
);

Deno.test(
  "the same seed hits the same calls",
  async () => {
    const run = async () => {
      const statuses: number[] = [];
      await withZoho(async (zoho) => {
        await zoho.token();
        await zoho.control.addFaults({ kind: "status", status: 500, rate: 0.5, match: { module: "Deals" } });
        for (let count = 0; count < 20; count++) statuses.push((await insert(zoho)).status);
      }, { seed: 4 })();
      return statuses;
    };
    const first = await run();
    assertEquals(first, await run());
    assertEquals(new Set(first).size, 2);
  },
);

Deno.test(
  "calls above the concurrency ceiling are 429 without Retry-After",
  withZoho(async (zoho) => {
    await zoho.token();
    await zoho.control.changeSettings({ edition: "free", latencyMs: 40 });
    const replies = await Promise.all(Array.from({ length: 7 }, () => zoho.call("GET", "Deals?fields=id")));
    const refused = replies.filter((reply) => reply.status === 429);
    assertEquals(refused.length, 2);
    assertEquals(refused[0]?.code, "TOO_MANY_REQUESTS");
    assertEquals(refused[0]?.headers.get("retry-after"), null);
  }),
);

Deno.test(
  "heavy calls have a ceiling of their own",
  withZoho(async (zoho) => {
    await zoho.token();
    await zoho.control.changeSettings({
      subConcurrency: 1,
      latencyMs: 40,
      tooManyCode: "RATE_LIMIT_EXCEEDED",
    });
    const heavy = () => zoho.call("POST", "Deals", { data: Array.from({ length: 11 }, () => goodDeal) });
    const light = () => zoho.call("POST", "Deals", { data: [goodDeal] });
    const replies = await Promise.all([heavy(), heavy(), light(), light()]);
    assertEquals(replies.map((reply) => reply.status).toSorted(), [201, 201, 201, 429]);
    assertEquals(replies.find((reply) => reply.status === 429)?.code, "RATE_LIMIT_EXCEEDED");
  }),
);

Deno.test(
  "credits run out, show in a header past the half, and come back after a day",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({ dailyCredits: 10 });
    const list = () => zoho.call("GET", "Deals?fields=id");
    assertEquals((await list()).headers.get("x-api-credits-remaining"), null);
    const data = Array.from({ length: 50 }, () => goodDeal);
    const half = await zoho.call("POST", "Deals", { data });
    assertEquals(half.headers.get("x-api-credits-remaining"), "4");
    await zoho.control.useCredits(10);
    assertEquals((await list()).status, 429);
    await zoho.control.advanceClock(25 * 60 * 60 * 1000);
    zoho.forgetToken();
    assertEquals((await list()).status, 200);
  }),
);

Deno.test(
  "a reset forgets records, faults and time, and keeps the settings of the start",
  withZoho(async (zoho) => {
    const first = await zoho.insert("Deals", goodDeal);
    await zoho.control.addFaults({ kind: "status", status: 500 });
    await zoho.control.changeSettings({ edition: "free" });
    await zoho.control.advanceClock(1000);
    await zoho.control.reset();
    const state = await zoho.control.state();
    assertEquals([state.records.Deals, state.calls, state.clockOffsetMs, state.edition], [
      0,
      0,
      0,
      "ultimate",
    ]);
    zoho.forgetToken();
    assertEquals(await zoho.insert("Deals", goodDeal), first);
  }, { settings: { edition: "ultimate" } }),
);

Deno.test(
  "the call log shows calls, records and credits, and no token",
  withZoho(async (zoho) => {
    await zoho.token();
    await insert(zoho);
    const calls = await zoho.control.calls();
    assertEquals(calls.map((call) => [call.method, call.path, call.status, call.records, call.credits]), [
      ["POST", "/oauth/v2/token", 200, 0, 0],
      ["POST", "/crm/v8/Deals", 201, 1, 1],
    ]);
    assert(!JSON.stringify(calls).includes("1000."));
    assertEquals(await zoho.control.calls(calls.at(-1)?.seq), []);
  }),
);

Deno.test(
  "a control call that makes no sense is refused with the reason",
  withZoho(async (zoho) => {
    const wrong = (path: string, body: unknown) =>
      fetch(`${zoho.url}/__control/${path}`, { method: "POST", body: JSON.stringify(body) });
    for (
      const [path, body] of [
        ["settings", { edition: "gold" }],
        ["settings", { nonsense: 1 }],
        ["faults", { faults: [{ kind: "fire" }] }],
        ["clock", {}],
        ["records/Deals", { Nonsense: 1 }],
      ] as const
    ) {
      const response = await wrong(path, body);
      assertEquals(response.status, 400, path);
      assertEquals(typeof (await response.json()).error, "string");
    }
  }),
);

Deno.test(
  "the page loads nothing from elsewhere",
  withZoho(async (zoho) => {
    const page = await fetch(zoho.url);
    assert(page.headers.get("content-security-policy")?.startsWith("default-src 'none'"));
    const html = await page.text();
    assert(!/https?:\/\//.test(html));
    for (const path of ["/__page/page.css", "/__page/page.js"]) {
      assert(html.includes(path));
      assertEquals((await (await fetch(zoho.url + path)).text()).length > 100, true);
    }
  }),
);
