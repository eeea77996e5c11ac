import { assert, assertEquals } from "@std/assert";
import {
  callDecision,
  type Decision,
  errorTable,
  recordDecision,
} from "../../supabase/functions/_shared/zoho/error_table.ts";

/** The whole table once more, so that a row cannot change its meaning unnoticed. */
const decisions: Record<string, Decision> = {
  TIMEOUT: "retry_now",
  NETWORK: "retry_now",
  UNREADABLE: "retry_now",
  HTTP_5XX: "retry_now",
  HTTP_401: "refresh",
  HTTP_429: "pause",
  HTTP_4XX: "ask_person",
  INTERNAL_ERROR: "retry_now",
  INTERNAL_SERVER_ERROR: "retry_now",
  TOO_MANY_REQUESTS: "pause",
  RATE_LIMIT_EXCEEDED: "pause",
  INVALID_TOKEN: "refresh",
  AUTHENTICATION_FAILURE: "refresh",
  INVALID_OAUTHTOKEN: "refresh",
  OAUTH_SCOPE_MISMATCH: "pause",
  NO_PERMISSION: "pause",
  AUTHORIZATION_FAILED: "pause",
  INVALID_MODULE: "pause",
  INVALID_URL_PATTERN: "pause",
  INVALID_HOST: "pause",
  API_NOT_SUPPORTED: "pause",
  INVALID_REQUEST_METHOD: "pause",
  LIMIT_EXCEEDED: "pause",
  TOKEN_REFUSED: "pause",
  TOKEN_THROTTLED: "pause",
  TOKEN_UNAVAILABLE: "pause",
  // Another encryption key than the one the tokens were stored under: only a person can mend it.
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
  LINK_FAILED: "retry_later",
  BAD_SOURCE: "fix_mapping",
  FIELD_MISSING: "fix_mapping",
  ACCOUNT_UNCERTAIN: "ask_person",
  BAD_CONFIGURATION: "pause",
  PICKLIST_VALUE_MISSING: "fix_mapping",
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

Deno.test("only what time may mend has a number of rounds, and everything of that kind has one", () => {
  for (const [code, { decision, rounds }] of Object.entries(errorTable)) {
    assertEquals(rounds !== undefined, decision === "retry_later", code);
  }
});

const byStatus: [status: number | undefined, decision: Decision][] = [
  [400, "ask_person"],
  [403, "ask_person"],
  [404, "ask_person"],
  [409, "ask_person"],
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

Deno.test("a 401 of whatever kind asks for a fresh token, unless the code says that a scope is lacking", () => {
  assertEquals(callDecision("HTTP_401", 401).decision, "refresh");
  assertEquals(callDecision("NEVER_SEEN", 401).decision, "refresh");
  assertEquals(callDecision("OAUTH_SCOPE_MISMATCH", 401).decision, "pause");
});

Deno.test("a known code has the word, whatever the status", () => {
  assertEquals(callDecision("INVALID_MODULE", 503).decision, "pause");
  assertEquals(callDecision("INTERNAL_ERROR", 400).decision, "retry_now");
});

Deno.test("a record's unknown code is tried again for eight rounds", () => {
  const { decision, rounds } = recordDecision("NEVER_SEEN");
  assertEquals([decision, rounds], ["retry_later", 8]);
});

Deno.test("a code named like a part of every object is an unknown code", () => {
  for (const code of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    assertEquals(recordDecision(code).decision, "retry_later", code);
    assertEquals(callDecision(code, 503).decision, "retry_now", code);
  }
});
