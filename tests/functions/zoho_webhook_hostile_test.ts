import { assert, assertEquals } from "@std/assert";
import { type Stack, startStack } from "../../local/stack.ts";
import {
  at,
  channelToken,
  deliver,
  edited,
  eventCount,
  post,
  signed,
  webhookOnly,
} from "../support/webhook.ts";
import { dumpAll } from "../support/rows.ts";
import { link, statusOf } from "../support/linked.ts";
import { Random } from "../support/random.ts";
import { clusterUrl } from "../support/cluster.ts";

// Ten thousand bodies that nobody should send, half of them correctly signed. TEST_SEED=n repeats a run.

const seed = Number(Deno.env.get("TEST_SEED") ?? Math.floor(Math.random() * 1e9));
const bodies = 10_000;
const atOnce = 20;

let stack: Stack;
Deno.test.beforeAll(async () => {
  stack = await startStack({ clusterUrl, ...webhookOnly });
});
Deno.test.afterAll(() => stack.stop());

type Body = Uint8Array<ArrayBuffer>;
const encoder = new TextEncoder();
const json = (value: unknown): Body => encoder.encode(JSON.stringify(value));
const text = (value: string): Body => encoder.encode(value);

/** A signed body that would be accepted; each maker breaks something of it. */
const good = () => edited("4876876000009999999", { Stage: "Closed Won", Modified_Time: at(5) });
const record = (data: Record<string, unknown>) => ({ ...good(), record_data: data });
const goodText = () => JSON.stringify(good());

const makers: ((random: Random) => Body)[] = [
  // Random bytes; a first byte that begins no JSON, as a lone digit would.
  ({ below }) =>
    Uint8Array.from({ length: 1 + below(500) }, (_, index) => index === 0 ? 0x80 + below(0x80) : below(256)),
  // A good body with one byte that is never part of UTF-8, or cut off.
  ({ below }) => {
    const bytes = text(goodText());
    bytes[below(bytes.length)] = 0xc0 + below(2);
    return bytes;
  },
  ({ below }) => text(goodText().slice(0, below(goodText().length))),
  // Half a character at the end of a text.
  () => {
    const bytes = text('{"module":"Deals","operation":"edit","record_id":"1","record_data":{"Stage":"é"}}');
    return bytes.filter((byte) => byte !== 0xa9);
  },
  // Deep nesting, of lists and of objects, open and closed.
  ({ below }) => text("[".repeat(1 + below(100_000))),
  ({ below }) => {
    const depth = 1 + below(60_000);
    return text("[".repeat(depth) + "]".repeat(depth));
  },
  ({ below }) => text('{"a":'.repeat(1 + below(20_000))),
  ({ below }) => {
    const depth = 1 + below(20_000);
    const nested = '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
    return text(goodText().replace('"Closed Won"', nested));
  },
  // Numbers that no column holds.
  ({ pick }) => text(goodText().replace('"Closed Won"', pick(["1e999", "-1e999", "[1e400]"]))),
  ({ pick }) =>
    text(goodText().replace('"4876876000009999999"', pick(["1e308", "-0", "4876876000009999999", "1e-400"]))),
  // Wrong types.
  ({ pick }) =>
    json({ ...good(), module: pick<unknown>([null, 1, true, [], {}, "", " ", "De als", "Deals/../x", "é"]) }),
  ({ pick }) =>
    json({ ...good(), operation: pick<unknown>([null, 1, [], {}, "", "upsert", "__proto__", "toString"]) }),
  ({ pick }) =>
    json({
      ...good(),
      record_id: pick<unknown>([null, 1, [], {}, "", "x", "1;2", "-1", "\u0661", "9".repeat(99)]),
    }),
  ({ pick }) => json({ ...good(), record_data: pick<unknown>([null, 1, "x", true, [], [{}]]) }),
  ({ pick }) =>
    json(
      record({
        [pick(["Stage", "Amount", "Deal_Name", "KYC_Status"])]: pick<unknown>([[], {}, [[]], { a: 1 }]),
      }),
    ),
  ({ pick }) => json(pick<unknown>([null, 1, "x", true, [], {}, [good()], { data: good() }])),
  // Texts that Postgres does not hold.
  ({ pick }) =>
    json(
      record({
        [pick(["Stage", "Deal_Name", "Contract_Number", "Type"])]: `a${
          pick(["\u0000", "\ud800", "\udfff"])
        }b`,
      }),
    ),
  ({ below }) => json(record({ Deal_Name: "x".repeat(2001 + below(10_000)) })),
  // Keys that name parts of every object, and nothing else.
  ({ pick }) => text(`{"${pick(["__proto__", "constructor", "prototype", "toString"])}":${goodText()}}`),
  ({ pick }) =>
    text(
      `{"__proto__":{"module":"Deals","operation":"edit","record_id":"1"},"${
        pick(["a", "constructor"])
      }":{}}`,
    ),
  // A notification with everything but the token, or with something else in its place.
  ({ pick }) =>
    json({
      channel_id: pick<unknown>(["1", 1]),
      token: pick<unknown>(["", "x", channelToken.toLowerCase().slice(1), "t".repeat(50), null, 1, [], {}]),
      module: "Deals",
      operation: "update",
      ids: pick<unknown>([["1"], [], null, [1], ["x"], [["1"]]]),
    }),
  // Other languages.
  ({ pick }) =>
    text(
      pick([
        "module=Deals&record_id=1",
        "<xml/>",
        "{'module':'Deals'}",
        "undefined",
        "NaN",
        "\ufeff",
        "{}{}",
      ]),
    ),
];

Deno.test(`${bodies} hostile bodies are refused, leave no row, and the next good call is served (TEST_SEED=${seed})`, async () => {
  const { contract, dealId } = await link(stack);
  const random = new Random(seed);
  const before = await dumpAll(stack, ["zoho_webhook_refusals"]);
  const eventsBefore = await eventCount(stack);
  const answers = new Map<number, number>();
  for (let sent = 0; sent < bodies; sent += atOnce) {
    const batch = Array.from({ length: atOnce }, (_, index) => {
      const isSigned = index % 2 === 0;
      return { body: random.pick(makers)(random), isSigned };
    });
    await Promise.all(batch.map(async ({ body, isSigned }) => {
      const answered = await post(stack, body, isSigned ? signed(body) : {});
      answers.set(answered.status, (answers.get(answered.status) ?? 0) + 1);
      if (answered.status < 400 || answered.status >= 500) {
        throw new Error(
          `${answered.status} to ${new TextDecoder().decode(body).slice(0, 300)}: ${answered.text}`,
        );
      }
    }));
  }
  assertEquals([...answers.values()].reduce((sum, count) => sum + count, 0), bodies);
  assert((answers.get(400) ?? 0) > bodies / 4, JSON.stringify([...answers]));
  assert((answers.get(401) ?? 0) > bodies / 10, JSON.stringify([...answers]));
  assertEquals(await dumpAll(stack, ["zoho_webhook_refusals"]), before);
  assertEquals(await eventCount(stack), eventsBefore);

  await deliver(stack, edited(dealId, { Stage: "Closed Won", Modified_Time: at(5) }));
  assertEquals(await statusOf(stack, contract), "active");
});

Deno.test("keys that name parts of every object are data like any other, beside what is valid", async () => {
  const { contract, dealId } = await link(stack);
  const body =
    `{"module":"Deals","operation":"edit","record_id":"${dealId}","constructor":{"prototype":{}},` +
    `"__proto__":{"polluted":1},"record_data":{"__proto__":{"Stage":"Closed Won"},"toString":"x"}}`;
  const answered = await post(stack, body, signed(body));
  assertEquals([answered.status, answered.json.message], [200, "ignored"]);
  assertEquals(await statusOf(stack, contract), "draft");
});
