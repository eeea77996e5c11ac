import { assert, assertEquals } from "@std/assert";
import { DatabaseError } from "../../supabase/functions/_shared/platform/database.ts";
import { rowOfFault } from "../../supabase/functions/_shared/zoho/fault_row.ts";
import { ZohoCallError, ZohoTokenError } from "../../supabase/functions/_shared/zoho/faults.ts";
import {
  callDecision,
  errorTable,
  type FaultDecision,
  recordDecision,
} from "../../supabase/functions/_shared/zoho/error_table.ts";

/** The whole table once more, so that a row cannot change its meaning unnoticed. */
const decisions: Record<string, FaultDecision> = {
  TIMEOUT: "retry_now",
  NETWORK: "retry_now",
  UNREADABLE: "retry_now",
  HTTP_5XX: "retry_now",
  HTTP_401: "refresh",
  HTTP_429: "pause",
  HTTP_4XX: "ask_person",
  INTERNAL_ERROR: "retry_now",
  INTERNAL_SERVER_ERROR: "retry_now",
  SERVICE_UNAVAILABLE: "retry_now",
  DEPENDENT_SERVICE_ERROR: "retry_now",
  FILE_TOO_LARGE: "ask_person",
  RESOURCE_NOT_FOUND: "hold",
  AMBIGUITY_DURING_PROCESSING: "ask_person",
  INVALID_QUERY: "ask_person",
  SYNTAX_ERROR: "ask_person",
  NOT_SUBSCRIBED: "ask_person",
  FEATURE_NOT_SUPPORTED: "fix_mapping",
  NOT_ALLOWED: "ask_person",
  CANNOT_PROCESS: "retry_later",
  BLOCKED_RECORD: "ask_person",
  PATTERN_NOT_MATCHED: "fix_mapping",
  TOO_MANY_REQUESTS: "pause",
  RATE_LIMIT_EXCEEDED: "pause",
  INVALID_TOKEN: "refresh",
  AUTHENTICATION_FAILURE: "refresh",
  INVALID_OAUTHTOKEN: "refresh",
  OAUTH_SCOPE_MISMATCH: "hold",
  NO_PERMISSION: "hold",
  AUTHORIZATION_FAILED: "hold",
  INVALID_MODULE: "hold",
  INVALID_URL_PATTERN: "pause",
  INVALID_HOST: "pause",
  API_NOT_SUPPORTED: "pause",
  INVALID_REQUEST_METHOD: "pause",
  LIMIT_EXCEEDED: "pause",
  TOKEN_REFUSED: "pause",
  TOKEN_THROTTLED: "pause",
  TOKEN_UNAVAILABLE: "pause",
  // Another encryption key than the one the tokens were stored under: only a person can fix it.
  INTERNAL: "pause",
  SECRET_UNREADABLE: "pause",
  DUPLICATE_DATA: "link",
  MULTIPLE_OR_MULTI_ERRORS: "ask_person",
  RECORD_LOCKED: "retry_later",
  RECORD_IN_BLUEPRINT: "retry_later",
  NOT_APPROVED: "retry_later",
  ALREADY_MODIFIED: "retry_later",
  INVALID_DATA: "fix_mapping",
  RECORD_NOT_FOUND: "ask_person",
  MANDATORY_NOT_FOUND: "fix_mapping",
  EXPECTED_FIELD_MISSING: "fix_mapping",
  DEPENDENT_FIELD_MISSING: "fix_mapping",
  DEPENDENT_MISMATCH: "fix_mapping",
  NOT_SUPPORTED: "fix_mapping",
  RECORD_TAKEN: "ask_person",
  STATUS_REFUSED: "ask_person",
  LINK_FAILED: "retry_later",
  BAD_SOURCE: "fix_mapping",
  FIELD_MISSING: "fix_mapping",
  ACCOUNT_UNCERTAIN: "ask_person",
  BAD_CONFIGURATION: "pause",
  UNKNOWN_WRITES: "pause",
  NOT_THIS_PROJECT: "pause",
  WRONG_ORG: "pause",
  OBSERVING: "pause",
  PICKLIST_VALUE_MISSING: "fix_mapping",
  LINE_TAX_REFUSED: "fix_mapping",
};

for (const [code, row] of Object.entries(errorTable)) {
  Deno.test(`${code} means ${decisions[code]} and comes with advice`, () => {
    assertEquals(row.decision, decisions[code]);
    assertEquals([callDecision(code), recordDecision(code)], [row, row]);
    assert(/^[A-Z].{15,}\.$/.test(row.advice), `the advice is no sentence: "${row.advice}"`);
  });
}

Deno.test("the table has these rows, among them every code that our own errors carry, and no others", () => {
  assertEquals(Object.keys(errorTable).sort(), Object.keys(decisions).sort());
});

Deno.test("only temporary refusals have a number of rounds, and each of them has one", () => {
  for (const [code, { decision, rounds }] of Object.entries(errorTable)) {
    assertEquals(rounds !== undefined, decision === "retry_later", code);
  }
});

const byStatus: [status: number | undefined, decision: FaultDecision][] = [
  [400, "ask_person"],
  [403, "ask_person"],
  [404, "hold"],
  [412, "retry_later"],
  [409, "ask_person"],
  [413, "ask_person"],
  [429, "pause"],
  [500, "retry_now"],
  [502, "retry_now"],
  [503, "retry_now"],
  [504, "retry_now"],
  [undefined, "ask_person"],
];

for (const [status, decision] of byStatus) {
  Deno.test(`a call's unknown code with status ${status ?? "unknown"} means ${decision}`, () => {
    assertEquals(callDecision("NEVER_SEEN", status).decision, decision);
    assertEquals(callDecision(`HTTP_${status}`, status).decision, decision);
  });
}

Deno.test("a status with a meaning beyond its class has advice of its own", () => {
  assertEquals(callDecision("HTTP_404", 404), errorTable.RESOURCE_NOT_FOUND);
  assertEquals(callDecision("HTTP_413", 413), errorTable.FILE_TOO_LARGE);
  assertEquals(callDecision("NOT_SUPPORTED", 403), errorTable.NOT_SUPPORTED);
});

Deno.test("a fault is classified by its class before its code", () => {
  const rows = [
    [new ZohoCallError("HTTP_404", "x", { status: 404 }), "RESOURCE_NOT_FOUND"],
    [new ZohoCallError("NEVER_SEEN", "x", { status: 403 }), "HTTP_4XX"],
    [new ZohoTokenError("TOKEN_REFUSED", "x"), "TOKEN_REFUSED"],
    [new TypeError("x"), "INTERNAL"],
    ["thrown", "INTERNAL"],
  ] as const;
  for (const [fault, code] of rows) assertEquals(rowOfFault(fault), errorTable[code]);
  for (const code of ["PGRST303", "40001", "INVALID_DATA"]) {
    const { decision, advice } = rowOfFault(new DatabaseError(code, "zoho_claim_changes", "x"));
    assertEquals(decision, "pause");
    assert(advice.startsWith("Postgres or the Data API"), advice);
  }
});

Deno.test("any 401 requests a fresh token, unless its code says that a scope is missing", () => {
  assertEquals(callDecision("HTTP_401", 401).decision, "refresh");
  assertEquals(callDecision("NEVER_SEEN", 401).decision, "refresh");
  assertEquals(callDecision("OAUTH_SCOPE_MISMATCH", 401).decision, "hold");
});

Deno.test("a known code decides, whatever the status", () => {
  assertEquals(callDecision("INVALID_MODULE", 503).decision, "hold");
  assertEquals(callDecision("INTERNAL_ERROR", 400).decision, "retry_now");
});

Deno.test("a record's unknown code is tried again for eight rounds", () => {
  const { decision, rounds } = recordDecision("NEVER_SEEN");
  assertEquals([decision, rounds], ["retry_later", 8]);
});

Deno.test("a record refused with only a status is judged by the status", () => {
  assertEquals(recordDecision("HTTP_400"), errorTable.HTTP_4XX);
  assertEquals(recordDecision("HTTP_413"), errorTable.FILE_TOO_LARGE);
  assertEquals(recordDecision("HTTP_502"), errorTable.HTTP_5XX);
});

Deno.test("a code named like an inherited property is an unknown code", () => {
  for (const code of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    assertEquals(recordDecision(code).decision, "retry_later", code);
    assertEquals(callDecision(code, 503).decision, "retry_now", code);
  }
});
