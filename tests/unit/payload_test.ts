import { assertEquals, assertThrows } from "@std/assert";
import { BadRequestError } from "../../supabase/functions/_shared/platform/http.ts";
import {
  looksLikeNotification,
  parseNotification,
  parseSignedPayload,
} from "../../supabase/functions/_shared/webhook/payload.ts";

const good = {
  module: "Deals",
  operation: "edit",
  record_id: "4876876000000624001",
  record_data: { Stage: "Closed Won" },
};

const notification = {
  server_time: 1718115953625,
  affected_values: [],
  query_params: {},
  module: "Deals",
  resource_uri: "https://www.zohoapis.com/crm/v2/Deals",
  ids: ["5725767000003000010"],
  affected_fields: [],
  operation: "update",
  channel_id: "1000000068001",
  token: "channel-token-of-a-test",
};

/** The field that a refusal names; its message must not hold any of the value. */
function refusedField(parse: (body: unknown) => unknown, body: unknown): string | undefined {
  const error = assertThrows(() => parse(body), BadRequestError);
  assertEquals([error.status, error.refusal.code], [400, "INVALID_PAYLOAD"]);
  assertEquals(JSON.stringify(error.refusal).includes("secret-value"), false);
  return error.refusal.field;
}

Deno.test("a payload of our Deluge function is read as it is", () => {
  assertEquals(parseSignedPayload(good), { ...good, operation: "update" });
});

Deno.test("unknown keys are allowed and dropped", () => {
  assertEquals(parseSignedPayload({ ...good, extra: 1, nested: { a: [] } }), {
    ...good,
    operation: "update",
  });
});

Deno.test("a payload without record_data has an empty one: a deletion has no values", () => {
  assertEquals(parseSignedPayload({ ...good, operation: "delete", record_data: undefined }).record_data, {});
});

Deno.test("record_data that is no object costs the values and not the hint", () => {
  for (const record_data of [null, [], [{ Stage: "Closed Won" }], "Stage", 7, true]) {
    assertEquals(parseSignedPayload({ ...good, record_data }), {
      ...good,
      operation: "update",
      record_data: {},
    });
  }
});

Deno.test("every word for an operation maps to one of three", () => {
  const words: Record<string, string[]> = {
    insert: ["insert", "create", "created", "add", "INSERT", "Create"],
    update: ["update", "updated", "edit", "modify", "Edit"],
    delete: ["delete", "deleted", "DELETE"],
  };
  for (const [operation, spelled] of Object.entries(words)) {
    for (const word of spelled) {
      assertEquals(parseSignedPayload({ ...good, operation: word }).operation, operation, word);
      assertEquals(parseNotification({ ...notification, operation: word }).operation, operation, word);
    }
  }
});

const broken: [field: string, value: unknown][] = [
  ["module", undefined],
  ["module", ""],
  ["module", "secret-value; drop"],
  ["module", "x".repeat(51)],
  ["module", 1],
  ["operation", undefined],
  ["operation", "secret-value"],
  ["operation", "hasOwnProperty"],
  ["operation", "__proto__"],
  ["record_id", undefined],
  ["record_id", 4876876000000624001],
  ["record_id", "secret-value"],
  ["record_id", ""],
  ["record_id", "1".repeat(31)],
];
for (const [field, value] of broken) {
  Deno.test(`a payload whose ${field} is ${JSON.stringify(value)} is refused by the field's name alone`, () => {
    assertEquals(refusedField(parseSignedPayload, { ...good, [field]: value }), field);
  });
}

Deno.test("a payload that is no object is refused as a whole", () => {
  for (const body of [null, 1, "secret-value", true, [], [good]]) {
    assertEquals(refusedField(parseSignedPayload, body), "body");
    assertEquals(looksLikeNotification(body), false);
  }
});

Deno.test("a callback of the Notification API is parsed as far as it is a hint", () => {
  assertEquals(parseNotification(notification), {
    channel_id: "1000000068001",
    token: "channel-token-of-a-test",
    module: "Deals",
    operation: "update",
    ids: ["5725767000003000010"],
    unreadIds: 0,
  });
});

Deno.test("ids that are none do not cost those that are", () => {
  const { ids, unreadIds } = parseNotification({
    ...notification,
    ids: ["1", "1,2", 4876876000000624001, null],
  });
  assertEquals([ids, unreadIds], [["1"], 3]);
});

Deno.test("an operation of another word, or none, does not cost the ids of a notification", () => {
  for (const word of ["restore", "constructor", "", "x".repeat(10_000), 7, null, undefined]) {
    const { operation, ids } = parseNotification({ ...notification, operation: word });
    assertEquals([operation, ids], ["update", notification.ids], String(word).slice(0, 20));
  }
});

Deno.test("a channel id may be a number", () => {
  assertEquals(parseNotification({ ...notification, channel_id: 1000000068001 }).channel_id, "1000000068001");
});

Deno.test("a callback whose time or values are odd is a hint all the same", () => {
  const odd = { server_time: "soon", affected_values: null, affected_fields: 7, query_params: [] };
  assertEquals(parseNotification({ ...notification, ...odd }), parseNotification(notification));
});

const brokenCallbacks: [field: string, values: Record<string, unknown>][] = [
  ["channel_id", { channel_id: null }],
  ["token", { token: 1 }],
  ["token", { token: "t".repeat(51) }],
  ["module", { module: "Deals?ids=1" }],
  ["ids", { ids: [] }],
  ["ids", { ids: "1" }],
  ["ids", { ids: ["1,2", 4876876000000624001] }],
  ["ids", { ids: Array.from({ length: 1001 }, () => "1") }],
];
for (const [field, values] of brokenCallbacks) {
  Deno.test(`a callback with ${JSON.stringify(values).slice(0, 40)} is refused and names ${field}`, () => {
    assertEquals(refusedField(parseNotification, { ...notification, ...values }), field);
  });
}

Deno.test("a body is a notification only when it has a channel and a token of its own", () => {
  assertEquals(looksLikeNotification(notification), true);
  assertEquals(looksLikeNotification(good), false);
  assertEquals(looksLikeNotification({ channel_id: "1" }), false);
  assertEquals(looksLikeNotification(Object.create(notification)), false);
});
