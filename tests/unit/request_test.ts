import { assert, assertEquals, assertThrows } from "@std/assert";
import { BadRequestError } from "../../supabase/functions/_shared/platform/http.ts";
import { parseSyncRequest } from "../../supabase/functions/_shared/sync/by_hand/request.ts";

const id = "2f0c7f0e-6b51-4c7e-9d39-2a8d5c1a9b01";
const goodByHand = { entity: "contract", id, options: { forceSync: true, maxRetries: 3 } };
const goodWebhook = {
  type: "UPDATE",
  table: "contracts",
  schema: "public",
  record: { id, status: "active" },
  old_record: { id, status: "draft" },
};

function refusalOf(body: unknown) {
  const error = assertThrows(() => parseSyncRequest(body), BadRequestError);
  assertEquals([error.status, error.refusal.code], [400, "INVALID_BODY"]);
  return error.refusal;
}

Deno.test("an empty body is the doorbell", () => {
  assertEquals(parseSyncRequest({}), { kind: "drain", reason: "doorbell" });
});

Deno.test("a doorbell may carry its reason", () => {
  assertEquals(parseSyncRequest({ reason: "sweep" }), { kind: "drain", reason: "sweep" });
});

for (const entity of ["contract", "quote", "customer", "invoice", "kyc_session", "rica_submission"]) {
  Deno.test(`a request to sync a ${entity} by hand is parsed, with options or without`, () => {
    assertEquals(parseSyncRequest({ ...goodByHand, entity }), { kind: "by hand", ...goodByHand, entity });
    assertEquals(parseSyncRequest({ entity, id }), { kind: "by hand", entity, id, options: {} });
    assertEquals(parseSyncRequest({ entity, id, options: {} }), { kind: "by hand", entity, id, options: {} });
  });
}

const tables = [
  ["contracts", "contract"],
  ["kyc_sessions", "kyc_session"],
  ["rica_submissions", "rica_submission"],
  ["business_quotes", "quote"],
  ["customers", "customer"],
  ["customer_invoices", "invoice"],
] as const;

for (const [table, entity] of tables) {
  Deno.test(`a database webhook of ${table} names its ${entity} and nothing of the row`, () => {
    assertEquals(parseSyncRequest({ ...goodWebhook, table }), { kind: "row changed", entity, id });
    const insert = { ...goodWebhook, table, type: "INSERT", old_record: null };
    assertEquals(parseSyncRequest(insert), { kind: "row changed", entity, id });
  });
}

Deno.test("a database webhook of a deleted row is a doorbell", () => {
  const deleted = { ...goodWebhook, type: "DELETE", record: null };
  assertEquals(parseSyncRequest(deleted), { kind: "drain", reason: "database webhook" });
  // Whoever builds the payload by hand may send the row along.
  const withRow = { ...deleted, record: goodWebhook.record };
  assertEquals(parseSyncRequest(withRow), { kind: "drain", reason: "database webhook" });
});

Deno.test("an id in any form that Postgres accepts as a uuid is accepted", () => {
  for (
    const made of [
      "00000000-0000-0000-0000-000000000001",
      "11111111-1111-1111-1111-111111111111",
      id.toUpperCase(),
    ]
  ) {
    const asked = parseSyncRequest({ entity: "contract", id: made });
    assertEquals(asked.kind === "by hand" && asked.id.toLowerCase(), made.toLowerCase());
    const told = parseSyncRequest({ ...goodWebhook, record: { id: made }, old_record: { id: made } });
    assertEquals(told.kind === "row changed" && told.id.toLowerCase(), made.toLowerCase());
  }
});

const malformed: [what: string, body: unknown, field: string][] = [
  ["nothing", null, "body"],
  ["a text", "contract", "body"],
  ["a number", 7, "body"],
  ["a list", [goodByHand], "body"],
  ["an entity that cannot be synced by hand", { ...goodByHand, entity: "product" }, "entity"],
  ["an entity named like a part of every object", { ...goodByHand, entity: "constructor" }, "entity"],
  ["no entity", { id }, "entity"],
  ["no id", { entity: "contract" }, "id"],
  ["an id that is no uuid", { ...goodByHand, id: "CT-2026-001" }, "id"],
  ["an id that is a number", { ...goodByHand, id: 7 }, "id"],
  ["options that are no object", { ...goodByHand, options: "force" }, "options"],
  ["forceSync as a text", { ...goodByHand, options: { forceSync: "true" } }, "options.forceSync"],
  ["no retries at all", { ...goodByHand, options: { maxRetries: 0 } }, "options.maxRetries"],
  ["too many retries", { ...goodByHand, options: { maxRetries: 4 } }, "options.maxRetries"],
  ["half a retry", { ...goodByHand, options: { maxRetries: 1.5 } }, "options.maxRetries"],
  ["only options", { options: {} }, "entity"],
  ["a webhook of an unknown table", { ...goodWebhook, table: "invoices" }, "table"],
  [
    "a webhook of a table named like a part of every object",
    { ...goodWebhook, table: "constructor" },
    "table",
  ],
  ["a webhook without a table", { ...goodWebhook, table: undefined }, "table"],
  ["a webhook of an unknown type", { ...goodWebhook, type: "TRUNCATE" }, "type"],
  ["a webhook without a schema", { ...goodWebhook, schema: undefined }, "schema"],
  ["a webhook without a record", { ...goodWebhook, record: undefined }, "record"],
  ["a webhook whose record has no id", { ...goodWebhook, record: { status: "draft" } }, "record.id"],
  ["a webhook whose record has a wrong id", { ...goodWebhook, record: { id: "7" } }, "record.id"],
  ["a doorbell with a number for a reason", { reason: 7 }, "reason"],
  ["a doorbell with a long reason", { reason: "x".repeat(41) }, "reason"],
];

for (const [what, body, field] of malformed) {
  Deno.test(`${what} is refused, and "${field}" is named`, () => {
    const refusal = refusalOf(body);
    assertEquals(refusal.field, field);
    if (field !== "body") assert(refusal.message.includes(field), refusal.message);
  });
}

Deno.test("a refusal repeats nothing of the row that came with it", () => {
  const record = { id: "7", id_number: "8001015009087", email: "thandi@example.co.za" };
  const said = JSON.stringify(refusalOf({ ...goodWebhook, record }));
  for (const value of ["8001015009087", "thandi"]) assert(!said.includes(value), said);
});
