import { assert, assertEquals, assertRejects } from "@std/assert";
import { createZohoClient } from "../../supabase/functions/_shared/zoho/client.ts";
import { ZohoCallError } from "../../supabase/functions/_shared/zoho/faults.ts";
import { goodSettings } from "../support/samples/settings.ts";
import { clientOf, firstToken, ListeningZoho, TwoTokens } from "./listening_zoho.ts";
import { brokenBody, empty, faultOf, goodCall, unauthorised } from "./client_calls.ts";

Deno.test("a call goes to the version's path with the token in Zoho's own header", async () => {
  await using zoho = new ListeningZoho(empty);
  const response = await clientOf(zoho).call({
    method: "POST",
    path: "/Deals/upsert",
    body: { data: [{ Deal_Name: "Contract CT-1" }] },
  });
  assertEquals([response.status, response.body], [200, { data: [] }]);
  const [heard] = zoho.heard;
  assertEquals([heard?.method, heard?.path], ["POST", "/crm/v8/Deals/upsert"]);
  assertEquals(heard?.headers.get("authorization"), `Zoho-oauthtoken ${firstToken}`);
  assertEquals(heard?.headers.get("content-type"), "application/json");
  assertEquals(heard?.body, { data: [{ Deal_Name: "Contract CT-1" }] });
});

Deno.test("a query arrives unchanged, whatever is in it", async () => {
  await using zoho = new ListeningZoho(empty);
  const query = { criteria: "(Account_Name:equals:Burns\\,B & Söhne=100%+#)", fields: "id,Account_Name" };
  await clientOf(zoho).call({ method: "GET", path: "/Accounts/search", query });
  const [heard] = zoho.heard;
  assertEquals(heard?.query, query);
  assertEquals([heard?.headers.get("content-type"), heard?.body], [null, null]);
});

Deno.test("the configured version is the one that is called", async () => {
  await using zoho = new ListeningZoho(empty);
  await clientOf(zoho, { apiVersion: "v7" }).call(goodCall);
  assertEquals(zoho.heard[0]?.path, "/crm/v7/Deals");
});

const hosts = [
  ["the token's own API host", "https://www.zohoapis.com.au", null, "https://www.zohoapis.com.au"],
  ["the region's host when the token names none", null, null, "https://www.zohoapis.eu"],
  [
    "the region's host when the token names a stranger",
    "https://evil.example",
    null,
    "https://www.zohoapis.eu",
  ],
  [
    "the region's host when the token names one without TLS",
    "http://www.zohoapis.com",
    null,
    "https://www.zohoapis.eu",
  ],
  ["ZOHO_API_URL before all", "https://www.zohoapis.com.au", "http://127.0.0.1:9", "http://127.0.0.1:9"],
] as const;

for (const [what, apiDomain, apiUrl, origin] of hosts) {
  Deno.test(`a call goes to ${what}`, async () => {
    const called: string[] = [];
    const client = createZohoClient({
      settings: goodSettings({ apiUrl }),
      tokens: new TwoTokens(apiDomain),
      fetch: (input) => {
        called.push(input instanceof Request ? input.url : String(input));
        return Promise.resolve(empty());
      },
    });
    await client.call(goodCall);
    assertEquals(called, [`${origin}/crm/v8/Deals?ids=1`]);
  });
}

Deno.test("an answer has a time by Zoho's clock from before the record was read; without a Date header it has none", async () => {
  const date = "Fri, 20 Nov 2026 10:00:05 GMT";
  await using zoho = new ListeningZoho((_, nth) =>
    Response.json({ data: [] }, { headers: { date: nth === 1 ? date : "soon" } })
  );
  const { asOfMs } = await clientOf(zoho).call(goodCall);
  assert(asOfMs !== null && asOfMs !== undefined && asOfMs < Date.parse(date), `${asOfMs}`);
  assertEquals((await clientOf(zoho).call(goodCall)).asOfMs, null);
});

Deno.test("an empty answer is an answer, and 304 only to a conditional call", async () => {
  const since = { "If-Modified-Since": "2026-11-20T12:00:00+00:00" };
  for (const [status, more] of [[204, {}], [204, { headers: since }], [304, { headers: since }]] as const) {
    await using zoho = new ListeningZoho(() => new Response(null, { status }));
    const answered = await clientOf(zoho).call({ ...goodCall, ...more });
    assertEquals([answered.status, answered.body], [status, null]);
  }
  assertEquals((await faultOf(() => new Response(null, { status: 304 }))).code, "UNREADABLE");
});

Deno.test("an answer with a result per record is an answer, even when every record failed", async () => {
  const body = { data: [{ code: "MANDATORY_NOT_FOUND", details: {}, message: "", status: "error" }] };
  for (const status of [200, 201, 202, 207, 400, 412]) {
    await using zoho = new ListeningZoho(() => Response.json(body, { status }));
    const answered = await clientOf(zoho).call({ method: "PUT", path: "/Deals", body: {} });
    assertEquals([answered.status, answered.body], [status, body]);
  }
});

Deno.test("a refused read is a fault, bare or wrapped as if it were a record", async () => {
  const details = { api_name: "id", json_path: "$.data[0].Account_Name.id" };
  for (const code of ["INVALID_DATA", "NO_PERMISSION", "RESOURCE_NOT_FOUND", "EXPIRED_VALUE"]) {
    const refusal = { code, details, message: "no", status: "error" };
    for (const body of [refusal, { data: [refusal] }, { data: [{ id: "1" }, refusal] }]) {
      for (const status of [200, 400, 403, 404]) {
        const fault = await faultOf(() => Response.json(body, { status }));
        assertEquals([fault.code, fault.detail.status, fault.detail.field], [code, status, "Account_Name"]);
      }
    }
  }
});

Deno.test("records in an answer with a refusing status are ignored", async () => {
  for (const status of [400, 403, 404, 412, 500]) {
    const fault = await faultOf(() =>
      Response.json({ data: [{ id: "1", Stage: "Closed Won" }] }, { status })
    );
    assertEquals(fault.code, `HTTP_${status}`);
  }
});

Deno.test("a write refused for its caller is a fault of the call, though each record carries a result", async () => {
  const body = { data: [{ code: "TOO_MANY_REQUESTS", details: {}, message: "", status: "error" }] };
  for (const status of [429, 500, 503]) {
    await using zoho = new ListeningZoho(() => Response.json(body, { status }));
    const call = () => clientOf(zoho).call({ method: "PUT", path: "/Deals", body: {} });
    const fault = await assertRejects(call, ZohoCallError);
    assertEquals([fault.code, fault.detail.outcomeUnknown], ["TOO_MANY_REQUESTS", status >= 500]);
  }
});

Deno.test("the credits that the org has left are reported as soon as Zoho sends them", async () => {
  const left = ["", "x", "1800", "1799"];
  await using zoho = new ListeningZoho((_, nth) =>
    new Response(null, { status: 204, headers: { "X-API-CREDITS-REMAINING": left[nth - 1] ?? "" } })
  );
  const client = clientOf(zoho);
  for (let call = 0; call < 2; call++) await client.call(goodCall);
  assertEquals(client.takeSpent(), { credits: 2, calls: 2 });
  for (let call = 0; call < 2; call++) await client.call(goodCall);
  assertEquals(client.takeSpent(), { credits: 2, calls: 2, left: 1799 });
  assertEquals(client.takeSpent(), { credits: 0, calls: 0 });
});

Deno.test("an error that wraps no records is a fault with Zoho's code, field and status", async () => {
  const body = {
    code: "INVALID_QUERY",
    details: { api_name: "Stagee" },
    message: "invalid",
    status: "error",
  };
  const fault = await faultOf(() => Response.json(body, { status: 400 }));
  assertEquals([fault.code, fault.detail.status, fault.detail.field], ["INVALID_QUERY", 400, "Stagee"]);
  assertEquals(fault.detail.outcomeUnknown, false);
});

Deno.test("an error that comes with 200 is a fault, not an empty answer", async () => {
  const body = { code: "LIMIT_EXCEEDED", details: {}, message: "limit exceeded", status: "error" };
  for (const status of [200, 202]) {
    assertEquals((await faultOf(() => Response.json(body, { status }))).code, "LIMIT_EXCEEDED");
  }
});

Deno.test("an error without a code is named by its status", async () => {
  for (const status of [400, 403, 404, 429, 500, 503]) {
    const fault = await faultOf(() => Response.json({ message: "no" }, { status }));
    assertEquals([fault.code, fault.detail.status], [`HTTP_${status}`, status]);
    assertEquals(fault.detail.outcomeUnknown, status >= 500);
  }
});

Deno.test("an error page is named by its status, and the outcome of its records is unknown", async () => {
  const fault = await faultOf(() => new Response("<html>Bad Gateway</html>", { status: 502 }));
  assertEquals([fault.code, fault.detail.status, fault.detail.outcomeUnknown], ["HTTP_502", 502, true]);
});

Deno.test("half a JSON text is unreadable, and the outcome of its records is unknown", async () => {
  const fault = await faultOf(() => new Response(`{"data":[{"code":"SUCC`));
  assertEquals([fault.code, fault.detail.outcomeUnknown], ["UNREADABLE", true]);
});

Deno.test("a 200 whose JSON is no object is unreadable too", async () => {
  for (const text of ["null", "[]", `"ok"`, "0"]) {
    const fault = await faultOf(() => new Response(text));
    assertEquals([fault.code, fault.detail.outcomeUnknown], ["UNREADABLE", true], text);
  }
});

Deno.test("a connection that breaks in the middle of the answer is a network fault", async () => {
  const fault = await faultOf(() => new Response(brokenBody()));
  assertEquals([fault.code, fault.detail.outcomeUnknown], ["NETWORK", true]);
});

Deno.test("a refused connection is a network fault", async () => {
  const gone = new ListeningZoho(empty);
  const client = clientOf(gone);
  await gone[Symbol.asyncDispose]();
  const fault = await assertRejects(() => client.call(goodCall), ZohoCallError);
  assertEquals([fault.code, fault.detail.outcomeUnknown], ["NETWORK", true]);
});

Deno.test("no answer in time is a timeout, and the outcome of its records is unknown", async () => {
  const never = Promise.withResolvers<Response>();
  await using zoho = new ListeningZoho(() => never.promise);
  const fault = await assertRejects(() => clientOf(zoho, { timeoutMs: 40 }).call(goodCall), ZohoCallError);
  assertEquals([fault.code, fault.detail.outcomeUnknown], ["TIMEOUT", true]);
  never.resolve(empty());
});

Deno.test("an answer that begins in time and never ends is a timeout", async () => {
  await using zoho = new ListeningZoho(() =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode(`{"data":[`)),
      }),
    )
  );
  const fault = await assertRejects(() => clientOf(zoho, { timeoutMs: 40 }).call(goodCall), ZohoCallError);
  assertEquals(fault.code, "TIMEOUT");
});

Deno.test("ready() gets the token and makes no other call", async () => {
  await using zoho = new ListeningZoho(empty);
  const tokens = new TwoTokens();
  await clientOf(zoho, {}, tokens).ready();
  assertEquals([zoho.heard.length, tokens.refused], [0, [null]]);
});

Deno.test("concurrent calls keep to the ceiling, use all of it, and all are made", async () => {
  const ceiling = 3;
  let arrived: PromiseWithResolvers<Response>[] = [];
  let full = Promise.withResolvers<void>();
  await using zoho = new ListeningZoho(({ path }) => {
    // A word to the server itself: whatever was sent before it has arrived when it is answered.
    if (path === "/ping") return new Response();
    const held = Promise.withResolvers<Response>();
    arrived.push(held);
    if (arrived.length === ceiling) full.resolve();
    return held.promise;
  });
  const client = clientOf(zoho, { concurrency: ceiling });
  const calls = Array.from({ length: 4 * ceiling }, () => client.call(goodCall));
  for (let wave = 0; wave < 4; wave++) {
    await full.promise;
    await (await fetch(`${zoho.url}/ping`)).body?.cancel();
    assertEquals(arrived.length, ceiling);
    const answered = arrived;
    arrived = [];
    full = Promise.withResolvers();
    for (const held of answered) held.resolve(empty());
  }
  assertEquals((await Promise.all(calls)).length, 4 * ceiling);
});

Deno.test("a failed call frees its place for the next one", async () => {
  await using zoho = new ListeningZoho((_, nth) => nth < 3 ? new Response("no", { status: 503 }) : empty());
  const client = clientOf(zoho, { concurrency: 1 });
  const ends = await Promise.allSettled([1, 2, 3].map(() => client.call(goodCall)));
  assertEquals(ends.map(({ status }) => status), ["rejected", "rejected", "fulfilled"]);
});

Deno.test("a call that starts as another ends does not exceed the ceiling", async () => {
  let running = 0;
  let most = 0;
  const turns = async (count: number) => {
    for (let turn = 0; turn < count; turn++) await Promise.resolve();
  };
  const client = createZohoClient({
    settings: goodSettings({ concurrency: 1 }),
    tokens: new TwoTokens(),
    fetch: async () => {
      most = Math.max(most, ++running);
      await turns(20);
      running--;
      return new Response(null, { status: 204 });
    },
  });
  const calls = [client.call(goodCall), client.call(goodCall)];
  for (let turn = 0; turn < 100; turn++) {
    await Promise.resolve();
    calls.push(client.call(goodCall));
  }
  await Promise.all(calls);
  assertEquals(most, 1);
});

Deno.test("credits and calls are counted until they are collected", async () => {
  await using zoho = new ListeningZoho(empty);
  const client = clientOf(zoho);
  await client.call(goodCall);
  await client.call({ ...goodCall, credits: 10 });
  assertEquals(client.takeSpent(), { credits: 11, calls: 2 });
  assertEquals(client.takeSpent(), { credits: 0, calls: 0 });
});

Deno.test("a failed call costs its credits, and a repeated one costs them twice", async () => {
  await using zoho = new ListeningZoho((_, nth) =>
    nth === 1 ? unauthorised("INVALID_TOKEN") : new Response("no", { status: 503 })
  );
  const client = clientOf(zoho);
  await assertRejects(() => client.call({ ...goodCall, credits: 10 }), ZohoCallError);
  assertEquals(client.takeSpent(), { credits: 20, calls: 2 });
});

Deno.test("a text that Postgres cannot store is read without what it cannot store", async () => {
  const text = String.raw`{"data":[{"id":"1","Deal_Name":"a\u0000b \ud83d","Owner":"\ud83d\ude00"}]}`;
  await using zoho = new ListeningZoho(() => new Response(text));
  const { body } = await clientOf(zoho).call({ method: "GET", path: "/Deals" });
  assertEquals(body, { data: [{ id: "1", Deal_Name: "ab \ufffd", Owner: "\ud83d\ude00" }] });
});
