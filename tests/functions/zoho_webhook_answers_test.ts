import { assert, assertEquals } from "@std/assert";
import { longestBodyBytes } from "../../supabase/functions/_shared/webhook/body.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import {
  bothWays,
  channelToken,
  deliver,
  edited,
  eventCount,
  eventsOf,
  heard,
  hmacHex,
  nowSeconds,
  post,
  restartWebhook,
  signedHeaders,
  statusesOf,
  type WebhookAnswer,
  webhookEnv,
  webhookSecret,
} from "../support/webhook.ts";
import { dumpAll } from "../support/rows.ts";
import { inStep, nextDealId, statusOf } from "../support/linked.ts";
import { passingRefusals, refusingApi } from "../support/refusing_api.ts";
import { withStack } from "../support/stack.ts";
import { clusterUrl } from "../support/cluster.ts";
import { until } from "../support/until.ts";

// Which calls are accepted, and the answer to all others: every answer that zoho-webhook has.

const secondSecret = "inward-test-secret-of-forty-characters-2";
const printed: string[] = [];

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({
    clusterUrl,
    ...bothWays,
    onLog: (_name, line) => printed.push(line),
  });
});
Deno.test.afterAll(() => stack.stop());

const marker = "unverified-marker-4711";
const payload = (id: string) => edited(id, { Stage: "Closed Won" });
const good = () => JSON.stringify({ ...payload("1"), note: marker });

function assertRefused(answered: WebhookAnswer, status: number, code: string, field?: string): void {
  assertEquals([answered.status, answered.json.error?.code], [status, code], answered.text);
  assertEquals(answered.json.success, false);
  if (field !== undefined) assertEquals(answered.json.error?.field, field, answered.text);
  for (const secret of [webhookSecret, secondSecret, channelToken, marker]) {
    assert(!answered.text.includes(secret), answered.text);
  }
}

async function refusals(): Promise<Record<string, number>> {
  const rows = await stack.sql<{ reason: string; count: number }[]>`
    select reason, sum(count)::int as count from public.zoho_webhook_refusals group by reason
  `;
  return Object.fromEntries(rows.map(({ reason, count }) => [reason, count]));
}

Deno.test("a signed call is answered with 200, success, a message and the event's id", async () => {
  const { contract, dealId } = await inStep(stack);
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  const { status, json } = await deliver(stack, payload(dealId));
  const [event] = await eventsOf(stack, dealId);
  assertEquals([status, json], [200, { success: true, message: "recorded", eventId: event?.id ?? "" }]);
  assertEquals(await heard(stack, dealId), ["applied"]);
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("a call about a record that is not CircleTel's is answered with 200 too", async () => {
  const { status, json } = await deliver(stack, payload(nextDealId()));
  assertEquals([status, json.message], [200, "recorded: No contract of CircleTel owns this record"]);
});

Deno.test("a signature may be in upper case, have a prefix, and cover a timestamp", async () => {
  const body = JSON.stringify(payload(nextDealId()));
  const timestamp = nowSeconds();
  const covering = hmacHex(`${timestamp}.${body}`);
  for (
    const headers of [
      { "X-ZOHO-WEBHOOK-SIGNATURE": hmacHex(body).toUpperCase() },
      { "X-ZOHO-WEBHOOK-SIGNATURE": `sha256=${hmacHex(body)}` },
      { "X-ZOHO-WEBHOOK-SIGNATURE": covering, "X-ZOHO-WEBHOOK-TIMESTAMP": String(timestamp) },
      { "X-ZOHO-WEBHOOK-SIGNATURE": `sha256=${covering}`, "X-ZOHO-WEBHOOK-TIMESTAMP": ` ${timestamp} ` },
      { ...signedHeaders(body), "content-type": "text/plain" },
      { ...signedHeaders(body), "content-type": "application/json; charset=UTF-8" },
    ]
  ) {
    assertEquals(
      (await post(stack, body, headers as Record<string, string>)).status,
      200,
      JSON.stringify(headers),
    );
  }
});

const wrongSignatures: [title: string, reason: string, headers: (body: string) => Record<string, string>][] =
  [
    ["no signature", "no_signature", () => ({})],
    ["an empty one", "no_signature", () => ({ "x-zoho-webhook-signature": "" })],
    ["a short one", "wrong_signature", (body) => ({ "x-zoho-webhook-signature": hmacHex(body).slice(1) })],
    ["a long one", "wrong_signature", (body) => ({ "x-zoho-webhook-signature": `${hmacHex(body)}00` })],
    [
      "one that is not hex",
      "wrong_signature",
      (body) => ({ "x-zoho-webhook-signature": `${hmacHex(body).slice(1)}x` }),
    ],
    ["one of another secret", "wrong_signature", (body) => signedHeaders(body, { secret: secondSecret })],
    ["one of another body", "wrong_signature", (body) => signedHeaders(`${body} `)],
    ["an old timestamp", "old_timestamp", (body) => signedHeaders(body, { timestamp: nowSeconds() - 310 })],
    [
      "a timestamp of the future",
      "old_timestamp",
      (body) => signedHeaders(body, { timestamp: nowSeconds() + 310 }),
    ],
    [
      "a timestamp in milliseconds",
      "bad_timestamp",
      (body) => signedHeaders(body, { timestamp: Date.now() }),
    ],
    ["a timestamp that is no number", "bad_timestamp", (body) => signedHeaders(body, { timestamp: "today" })],
    ["an altered timestamp", "wrong_signature", (body) => ({
      ...signedHeaders(body, { timestamp: nowSeconds() }),
      "x-zoho-webhook-timestamp": String(nowSeconds() - 1),
    })],
    ["a timestamp added", "wrong_signature", (body) => ({
      ...signedHeaders(body),
      "x-zoho-webhook-timestamp": String(nowSeconds()),
    })],
    ["a timestamp taken away", "wrong_signature", (body) => ({
      "x-zoho-webhook-signature":
        signedHeaders(body, { timestamp: nowSeconds() })["x-zoho-webhook-signature"] ?? "",
    })],
  ];
for (const [title, , headers] of wrongSignatures) {
  Deno.test(`${title} is 401`, async () => {
    const body = good();
    assertRefused(await post(stack, body, headers(body)), 401, "NOT_VERIFIED");
  });
}

Deno.test("refused calls are counted by minute and reason, and leave no event", async () => {
  // Counts of the tests before may still be on their way.
  await restartWebhook(stack);
  await stack.sql`delete from public.zoho_webhook_refusals`;
  const events = await eventCount(stack);
  const expected: Record<string, number> = { invalid_json: 1 };
  for (const [, reason, headers] of [...wrongSignatures, ...wrongSignatures]) {
    const body = good();
    await post(stack, body, headers(body));
    expected[reason] = (expected[reason] ?? 0) + 1;
  }
  await post(stack, "{", signedHeaders("{"));
  await until(async () => (await refusals()).invalid_json, { what: "the counts" });
  assertEquals(await refusals(), expected);
  assertEquals(await eventCount(stack), events);
  const minutes = await stack.sql`
    select from public.zoho_webhook_refusals where minute <> date_trunc('minute', minute) or minute < now() - interval '10 minutes'
  `;
  assertEquals(minutes.length, 0);
});

Deno.test("the answer to a wrong signature never depends on what was wrong with it", async () => {
  const body = good();
  const answers = new Set<string>();
  for (const [title, , headers] of wrongSignatures) {
    if (title === "no signature") continue;
    answers.add((await post(stack, body, headers(body))).text);
  }
  assertEquals(answers.size, 1);
});

Deno.test("a method other than POST is 405", async () => {
  for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
    const body = method === "GET" ? null : good();
    const response = await fetch(`${stack.apiUrl}/functions/v1/zoho-webhook`, { method, body });
    assertEquals([response.status, (await response.json()).error.code], [405, "METHOD_NOT_ALLOWED"], method);
  }
});

Deno.test("a body whose content type is not JSON is 415", async () => {
  for (
    const type of [
      "application/x-www-form-urlencoded",
      "text/html",
      "application/xml",
      "image/png",
      "json",
      "",
    ]
  ) {
    const body = good();
    const answered = await post(stack, body, { ...signedHeaders(body), "content-type": type });
    assertRefused(answered, 415, "NOT_JSON", "content-type");
  }
});

Deno.test("a body over 256 KB is 413, one of 256 KB is read", async () => {
  const longest = 256 * 1024;
  const bodyOf = (length: number) => {
    const start = JSON.stringify({ ...payload(nextDealId()), filler: "" }).slice(0, -2);
    return `${start}${"f".repeat(length - start.length - 2)}"}`;
  };
  const fits = bodyOf(longest);
  assertEquals(fits.length, longest);
  assertEquals((await post(stack, fits, signedHeaders(fits))).status, 200);
  const long = bodyOf(longest + 1);
  assertRefused(await post(stack, long, signedHeaders(long)), 413, "BODY_TOO_LONG");
  const veryLong = "x".repeat(5_000_000);
  assertRefused(await post(stack, veryLong, signedHeaders(veryLong)), 413, "BODY_TOO_LONG");
});

Deno.test("a long body that keeps coming while it is answered ends in 413 each time, not in a broken connection (I14)", async () => {
  const piece = new Uint8Array(64 * 1024).fill(32);
  for (let time = 0; time < 20; time++) {
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => ++sent > 64 ? controller.close() : controller.enqueue(piece),
    });
    const answer = await fetch(`${stack.functions.next("zoho-webhook")}/zoho-webhook`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    assertEquals([answer.status, (await answer.json()).error.code], [413, "BODY_TOO_LONG"]);
  }
});

Deno.test("a truncated body is answered inside the handler, and the next call is served (I11)", async () => {
  const { hostname, port } = new URL(stack.functions.next("zoho-webhook") ?? "");
  const mark = printed.length;
  for (let time = 0; time < 5; time++) {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    const head = `POST /zoho-webhook HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\n`;
    await connection.write(new TextEncoder().encode(`${head}content-length: 1000\r\n\r\n{"module":`));
    connection.close();
  }
  const body = JSON.stringify(payload(nextDealId()));
  assertEquals((await post(stack, body, signedHeaders(body))).status, 200);
  assertEquals(printed.slice(mark).filter((line) => /unexpected fault|Uncaught|error:/i.test(line)), []);
});

Deno.test("a chunked body without an end is 413 as soon as it is too long", async () => {
  // What may be sent and 8 MB that are thrown away, to the byte: where more is on its way the connection may break first.
  const enough = longestBodyBytes + 8 * 1024 * 1024 + 1;
  const given = new AbortController();
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(new Uint8Array(enough).fill(0x20)),
  });
  const headers = { "x-zoho-webhook-signature": "0".repeat(64) };
  const answered = await post(stack, endless, headers, { signal: given.signal });
  assertRefused(answered, 413, "BODY_TOO_LONG");
  given.abort();
});

const notJson: [title: string, body: Uint8Array<ArrayBuffer>][] = [
  ["empty", new Uint8Array(0)],
  ["broken off", new TextEncoder().encode('{"module":"Deals"')],
  ["not UTF-8", new Uint8Array([0x22, 0xff, 0xfe, 0x22])],
  ["UTF-16", new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])],
  ["a form", new TextEncoder().encode("module=Deals&record_id=1")],
  ["NaN", new TextEncoder().encode('{"module":NaN}')],
];
for (const [title, body] of notJson) {
  Deno.test(`a signed body that is ${title} is 400`, async () => {
    assertRefused(await post(stack, body, signedHeaders(body)), 400, "INVALID_JSON", "body");
  });
}

const shapes: [field: string, broken: unknown][] = [
  ["module", { ...payload("1"), module: undefined }],
  ["module", { ...payload("1"), module: "Deals; drop table" }],
  ["module", { ...payload("1"), module: 7 }],
  ["operation", { ...payload("1"), operation: undefined }],
  ["operation", { ...payload("1"), operation: "explode" }],
  ["operation", { ...payload("1"), operation: "constructor" }],
  ["operation", { ...payload("1"), operation: "x".repeat(10_000) }],
  ["record_id", { ...payload("1"), record_id: undefined }],
  ["record_id", { ...payload("1"), record_id: 4876876000000624001 }],
  ["record_id", { ...payload("1"), record_id: "48768760000006240x1" }],
  ["record_id", { ...payload("1"), record_id: "" }],
  ["record_id", { ...payload("1"), record_id: "9".repeat(31) }],
  ["body", []],
  ["body", null],
  ["body", "Closed Won"],
  ["body", 7],
];
for (const [field, broken] of shapes) {
  const shown = JSON.stringify(broken).slice(0, 100);
  Deno.test(`a signed body of a wrong shape is 400 and names ${field}: ${shown}`, async () => {
    const body = JSON.stringify(broken);
    assertRefused(await post(stack, body, signedHeaders(body)), 400, "INVALID_PAYLOAD", field);
  });
}

Deno.test("unknown keys are allowed", async () => {
  const id = nextDealId();
  const body = JSON.stringify({ ...payload(id), workflow: { name: "x" }, __proto__: null });
  assertEquals((await post(stack, body, signedHeaders(body))).status, 200);
});

Deno.test("a hint that could not be stored is 503, and the same delivery sent again is stored", async () => {
  const { contract, dealId } = await inStep(stack);
  await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
  const body = JSON.stringify(payload(dealId));
  const headers = signedHeaders(body, { timestamp: nowSeconds() });
  await stack.sql`revoke execute on function public.zoho_receive_hint from service_role`;
  try {
    assertRefused(await post(stack, body, headers), 503, "NOT_STORED");
    assertEquals(await statusesOf(stack, dealId), []);
  } finally {
    await stack.sql`grant execute on function public.zoho_receive_hint to service_role`;
  }
  const answered = await post(stack, body, headers);
  assertEquals([answered.status, answered.json.message], [200, "recorded"]);
  assertEquals(await heard(stack, dealId), ["applied"]);
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("a temporary refusal by the Data API costs no hint: it is stored on the spot, once (I5)", async (t) => {
  using api = refusingApi();
  await withStack({ ...bothWays, functionEnv: { ...webhookEnv, SUPABASE_URL: api.url } }, async (stack) => {
    api.connect(stack.apiUrl);
    for (const [name, refusal] of Object.entries(passingRefusals)) {
      for (const times of [1, 3]) {
        await t.step(`${name}, ${times} in a row`, async () => {
          const { contract, dealId } = await inStep(stack);
          await stack.zoho.edit("Deals", dealId, { Stage: "Closed Won" });
          api.refuse("zoho_receive_hint", refusal, times);
          const { json } = await deliver(stack, payload(dealId));
          assertEquals([json.message, api.left()], ["recorded", 0]);
          assertEquals(await heard(stack, dealId), ["applied"]);
          assertEquals(await statusOf(stack, contract), "active");
        });
      }
      await t.step(`${name} that lasts is 503, so that the sender may repeat the call`, async () => {
        const dealId = nextDealId();
        const body = JSON.stringify(payload(dealId));
        api.refuse("zoho_receive_hint", refusal, 100);
        assertRefused(await post(stack, body, signedHeaders(body)), 503, "NOT_STORED");
        assertEquals(await statusesOf(stack, dealId), []);
      });
    }
  });
});

Deno.test("two secrets are both accepted; the removed one is refused", async () => {
  const send = async (secret: string) => {
    const body = JSON.stringify(payload(nextDealId()));
    return (await post(stack, body, signedHeaders(body, { secret }))).status;
  };
  const run = (value: string) => restartWebhook(stack, { ZOHO_CRM_WEBHOOK_SECRET: value });
  await run(`${secondSecret}, ${webhookSecret}`);
  assertEquals([await send(webhookSecret), await send(secondSecret)], [200, 200]);
  await run(secondSecret);
  assertEquals([await send(webhookSecret), await send(secondSecret)], [401, 200]);
  await run(webhookSecret);
  assertEquals([await send(webhookSecret), await send(secondSecret)], [200, 401]);
});

const configurations: [title: string, value: string | undefined][] = [
  ["missing", undefined],
  ["empty", ""],
  ["blank", "   "],
  ["too short", "only-thirty-one-characters-long"],
  ["good, and a second too short", `${webhookSecret},only-thirty-one-characters-long`],
  ["good, and a second empty", `${webhookSecret},`],
];
Deno.test("an invalid secret refuses every call, and the variable is named but not its value", async (t) => {
  for (const [title, value] of configurations) {
    await t.step(title, async () => {
      await restartWebhook(stack, { ZOHO_CRM_WEBHOOK_SECRET: value });
      const before = printed.length;
      const body = good();
      const answered = await post(stack, body, signedHeaders(body, { secret: value?.split(",")[0] || "x" }));
      assertRefused(answered, 500, "BAD_CONFIGURATION", "ZOHO_CRM_WEBHOOK_SECRET");
      assert((answered.json.error?.hint ?? "").length > 10);
      await until(() => printed.length > before, { what: "a log line" });
      for (const part of (value ?? "").split(",").filter((each) => each.trim() !== "")) {
        assert(!answered.text.includes(part), answered.text);
        assert(!printed.slice(before).join("\n").includes(part), "the value is in the log");
      }
    });
  }
  await restartWebhook(stack, { ZOHO_CRM_WEBHOOK_SECRET: webhookSecret });
});

Deno.test("no row and no log line contains a secret, a token or unverified text", async () => {
  const unsigned = good();
  await post(stack, unsigned, signedHeaders(unsigned, { secret: secondSecret }));
  await post(
    stack,
    JSON.stringify({ channel_id: "1", token: marker, module: "Deals", operation: "update", ids: ["1"] }),
  );
  await until(async () => ((await refusals()).wrong_token ?? 0) > 0, { what: "the count" });
  const kept = `${await dumpAll(stack)}\n${printed.join("\n")}`;
  for (const secret of [webhookSecret, secondSecret, channelToken, marker]) {
    assertEquals(kept.includes(secret), false);
  }
});
