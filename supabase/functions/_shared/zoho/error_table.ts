/**
 * From Zoho's code (or the HTTP status, or a transport fault) to what the engine does. Sources: the status-codes
 * page of API v8 and the error pages of each API; where the wire text is not documented, both spellings are here.
 *
 * - retry_now    try again within this invocation, after 1 s, 2 s, 4 s
 * - retry_later  this record goes back to the queue with a growing delay
 * - pause        the whole call failed for a reason that the next one will share: the drain pauses, no record is blamed
 * - hold         the whole call failed for a reason of its module: the module's kind of record rests, the others go on
 * - refresh      get a fresh access token and try once more
 * - link         the record exists already; it is named in the error
 * - fix_mapping  dead letter: what we send does not fit what Zoho has (a field, a picklist, a layout, a lost id)
 * - ask_person   dead letter: a person has to decide or grant a right
 */
export type FaultDecision =
  | "retry_now"
  | "retry_later"
  | "pause"
  | "hold"
  | "refresh"
  | "link"
  | "fix_mapping"
  | "ask_person";

export interface ErrorRow {
  decision: FaultDecision;
  /** What an operator should do; the first words of the error's page. */
  advice: string;
  /** retry_later: rounds after which the change becomes a dead letter. */
  rounds?: number;
}

export const errorTable: Readonly<Record<string, ErrorRow>> = {
  // Below Zoho's API
  TIMEOUT: { decision: "retry_now", advice: "Zoho did not answer in time; nothing to do." },
  NETWORK: { decision: "retry_now", advice: "Zoho could not be reached; nothing to do unless it lasts." },
  UNREADABLE: { decision: "retry_now", advice: "Zoho's answer was cut off or was not JSON; nothing to do." },
  HTTP_5XX: { decision: "retry_now", advice: "Zoho is in trouble; nothing to do unless it lasts." },
  HTTP_401: { decision: "refresh", advice: "The access token was refused; a new one is fetched." },
  HTTP_429: { decision: "pause", advice: "Too many calls, or the day's credits are used up." },
  HTTP_4XX: {
    decision: "ask_person",
    advice: "Zoho refused the call with a code this version does not know.",
  },

  // The whole call
  INTERNAL_ERROR: { decision: "retry_now", advice: "Zoho is in trouble; nothing to do unless it lasts." },
  INTERNAL_SERVER_ERROR: {
    decision: "retry_now",
    advice: "Zoho is in trouble; nothing to do unless it lasts.",
  },
  SERVICE_UNAVAILABLE: {
    decision: "retry_now",
    advice: "Zoho is in trouble; nothing to do unless it lasts.",
  },
  DEPENDENT_SERVICE_ERROR: {
    decision: "retry_now",
    advice: "A service behind Zoho CRM does not answer; nothing to do unless it lasts.",
  },
  TOO_MANY_REQUESTS: { decision: "pause", advice: "Too many calls, or the day's credits are used up." },
  RATE_LIMIT_EXCEEDED: { decision: "pause", advice: "Too many calls, or the day's credits are used up." },
  INVALID_TOKEN: { decision: "refresh", advice: "The access token ended early; a new one is fetched." },
  AUTHENTICATION_FAILURE: {
    decision: "refresh",
    advice: "The access token ended early; a new one is fetched.",
  },
  INVALID_OAUTHTOKEN: { decision: "refresh", advice: "The access token ended early; a new one is fetched." },
  OAUTH_SCOPE_MISMATCH: {
    decision: "hold",
    advice: "The refresh token lacks a scope: make a new one (deno task zoho:connect).",
  },
  NO_PERMISSION: { decision: "hold", advice: "Give the integration user's profile access to the module." },
  AUTHORIZATION_FAILED: {
    decision: "hold",
    advice: "Give the integration user's profile the right it lacks.",
  },
  INVALID_MODULE: {
    decision: "hold",
    advice: "The module is switched off or hidden from the integration user.",
  },
  INVALID_URL_PATTERN: { decision: "pause", advice: "ZOHO_API_VERSION or ZOHO_API_URL is wrong." },
  INVALID_HOST: { decision: "pause", advice: "ZOHO_REGION or ZOHO_API_URL is wrong." },
  API_NOT_SUPPORTED: { decision: "pause", advice: "ZOHO_API_VERSION is not one that this API has." },
  INVALID_REQUEST_METHOD: { decision: "pause", advice: "A fault of this program: please report it." },
  LIMIT_EXCEEDED: { decision: "pause", advice: "A limit of the API was passed: a fault of this program." },
  FILE_TOO_LARGE: {
    decision: "ask_person",
    advice: "The call is larger than Zoho takes: shorten the text or the list of lines that is named.",
  },
  RESOURCE_NOT_FOUND: {
    decision: "hold",
    advice:
      "Zoho has nothing at this address: the module is gone, or ZOHO_API_VERSION or ZOHO_API_URL is wrong.",
  },
  AMBIGUITY_DURING_PROCESSING: {
    decision: "ask_person",
    advice: "Zoho cannot tell what the call asks for: a fault of this program, please report it.",
  },
  INVALID_QUERY: {
    decision: "ask_person",
    advice:
      "Zoho cannot read a query: a field that it names is gone, or it contains a value that Zoho does not accept.",
  },
  SYNTAX_ERROR: {
    decision: "ask_person",
    advice: "Zoho cannot read a query: a fault of this program, please report it.",
  },
  NOT_SUBSCRIBED: {
    decision: "ask_person",
    advice: "The notification channel has expired: open it again (deno task zoho:watch).",
  },
  TOKEN_REFUSED: {
    decision: "pause",
    advice: "Make a new refresh token (deno task zoho:connect) and set ZOHO_REFRESH_TOKEN.",
  },
  TOKEN_THROTTLED: {
    decision: "pause",
    advice: "Zoho allows 10 new tokens in 10 minutes; it goes on by itself.",
  },
  TOKEN_UNAVAILABLE: {
    decision: "pause",
    advice: "Zoho's token service did not answer; it goes on by itself.",
  },

  BAD_CONFIGURATION: {
    decision: "pause",
    advice: "A variable of the functions names something that Zoho does not have: set the one that is named.",
  },
  INTERNAL: {
    decision: "pause",
    advice: "A fault of this program: the function's log names it; please report it.",
  },
  SECRET_UNREADABLE: {
    decision: "pause",
    advice: "Put the old ZOHO_TOKEN_ENCRYPTION_KEY behind the new one, separated by a comma.",
  },
  UNKNOWN_WRITES: {
    decision: "pause",
    advice: "Make sure that no other deployment writes to this org; then go on (Resume on the page).",
  },
  NOT_THIS_PROJECT: {
    decision: "pause",
    advice: "Nothing, on a copy that is to write nothing; otherwise adopt the database (deno task adopt).",
  },
  WRONG_ORG: {
    decision: "pause",
    advice:
      "Give the credentials of the org that the database belongs to, or adopt it for this one (deno task adopt).",
  },
  OBSERVING: {
    decision: "pause",
    advice: "Nothing: the sync observes until a person ends that (deno task observe off).",
  },

  // One record
  DUPLICATE_DATA: {
    decision: "link",
    advice: "Another record holds this value: clear it there, or merge the two.",
  },
  MULTIPLE_OR_MULTI_ERRORS: {
    decision: "ask_person",
    advice: "Several records hold these values: merge them.",
  },
  RECORD_LOCKED: {
    decision: "retry_later",
    rounds: 20,
    advice: "The record is locked in Zoho; it is tried again.",
  },
  RECORD_IN_BLUEPRINT: {
    decision: "retry_later",
    rounds: 20,
    advice: "The record is in a blueprint that forbids edits; it is tried again.",
  },
  NOT_APPROVED: { decision: "retry_later", rounds: 20, advice: "The record waits for approval in Zoho." },
  ALREADY_MODIFIED: {
    decision: "retry_later",
    rounds: 20,
    advice: "Another user has just edited the record.",
  },
  INVALID_DATA: {
    decision: "fix_mapping",
    advice:
      "Zoho refused the value of this field: make the field's type and options fit in Zoho, or correct the value.",
  },
  RECORD_NOT_FOUND: {
    decision: "ask_person",
    advice: "The record was deleted in Zoho: answer the question about it under Problems.",
  },
  MANDATORY_NOT_FOUND: {
    decision: "fix_mapping",
    advice:
      "Zoho's layout demands this field, which we do not send: make it optional there, or give it a default.",
  },
  EXPECTED_FIELD_MISSING: {
    decision: "fix_mapping",
    advice: "A rule of Zoho's layout demands this field, which we do not send: change the rule.",
  },
  DEPENDENT_FIELD_MISSING: {
    decision: "fix_mapping",
    advice: "A field depends on another one that is missing.",
  },
  DEPENDENT_MISMATCH: { decision: "fix_mapping", advice: "Two picklist values do not go together in Zoho." },
  NOT_SUPPORTED: {
    decision: "fix_mapping",
    advice: "The field or feature is not available in this edition.",
  },
  FEATURE_NOT_SUPPORTED: {
    decision: "fix_mapping",
    advice: "The edition of the org lacks a feature that this record needs: do without it, or upgrade.",
  },
  NOT_ALLOWED: {
    decision: "ask_person",
    advice: "Zoho forbids this write: of a line item, activate the Product in Zoho; else see the page.",
  },
  CANNOT_PROCESS: {
    decision: "retry_later",
    rounds: 20,
    advice: "Zoho is busy with this record (a merge, a conversion, a mass update); it is tried again.",
  },
  BLOCKED_RECORD: {
    decision: "ask_person",
    advice: "The record is blocked in Zoho: release it there, then retry.",
  },
  PATTERN_NOT_MATCHED: {
    decision: "fix_mapping",
    advice: "The value does not have the form that the field needs: correct the value, or loosen the field.",
  },
  FIELD_MISSING: {
    decision: "fix_mapping",
    advice:
      "Zoho has no such field, or does not let us write it: make it (deno task zoho:fields); it is sent then.",
  },
  PICKLIST_VALUE_MISSING: {
    decision: "fix_mapping",
    advice: "The picklist does not have the value: add it (deno task zoho:fields); it is sent then.",
  },
  LINE_TAX_REFUSED: {
    decision: "fix_mapping",
    advice:
      "Zoho takes no Line_Tax in a line; the lines went without it: set ZOHO_LINE_TAX=leave, then retry.",
  },
  RECORD_TAKEN: {
    decision: "ask_person",
    advice: "Two entities claim one Zoho record: make the wrong one again.",
  },
  STATUS_REFUSED: {
    decision: "ask_person",
    advice: "CircleTel's database refused the status that the Deal's stage asks for: change one of the two.",
  },
  ACCOUNT_UNCERTAIN: {
    decision: "ask_person",
    advice: "It is uncertain which Account is this company's: answer the question under Problems.",
  },
  LINK_FAILED: {
    decision: "retry_later",
    rounds: 20,
    advice: "The Account or Contact is gone from Zoho; another is found or made.",
  },
  BAD_SOURCE: {
    decision: "fix_mapping",
    advice: "A row of CircleTel has a value that the mapping does not know.",
  },
};

const unknownRecordError: ErrorRow = {
  decision: "retry_later",
  rounds: 8,
  advice: "Zoho refused the record with a code this version does not know.",
};

/** The code whose row and page apply to a status when the answer has no known code. */
const byStatus: Readonly<Record<number, keyof typeof errorTable>> = {
  401: "HTTP_401",
  404: "RESOURCE_NOT_FOUND",
  412: "ALREADY_MODIFIED",
  413: "FILE_TOO_LARGE",
  429: "HTTP_429",
};

/** The page of codes that have none of their own. */
export const genericPage = "UNKNOWN_CODE";

/** The row of a code for a fault of the whole call. */
export function callDecision(code: string, status?: number): ErrorRow {
  return knownRow(code) ?? rowOf(codeOfStatus(status));
}

/** The page in docs/errors that explains a code; every code has one. */
export function pageOf(code: string): string {
  if (knownRow(code)) return code;
  if (isDatabaseCode(code)) return "DATABASE";
  const [, status] = /^HTTP_(\d{3})$/.exec(code) ?? [];
  return status === undefined ? genericPage : codeOfStatus(Number(status));
}

export function isKnownCode(code: string): boolean {
  return Object.hasOwn(errorTable, code);
}

function codeOfStatus(status: number | undefined): string {
  if (status === undefined) return "HTTP_4XX";
  return byStatus[status] ?? (status >= 500 ? "HTTP_5XX" : "HTTP_4XX");
}

/** PostgREST's codes and Postgres' SQLSTATEs; Zoho's are words. */
function isDatabaseCode(code: string): boolean {
  return /^(DATABASE|UNREACHABLE|PGRST\w+|\d[\dA-Z]{4})$/.test(code);
}

/** The row of a code for a fault of one record. */
export function recordDecision(code: string): ErrorRow {
  return knownRow(code) ?? rowOfStatusCode(code) ?? unknownRecordError;
}

/** Our own codes, such as HTTP_503, for answers without one. */
function rowOfStatusCode(code: string): ErrorRow | undefined {
  const [, status] = /^HTTP_(\d{3})$/.exec(code) ?? [];
  return status === undefined ? undefined : rowOf(codeOfStatus(Number(status)));
}

function knownRow(code: string): ErrorRow | undefined {
  return isKnownCode(code) ? errorTable[code] : undefined;
}

function rowOf(code: keyof typeof errorTable): ErrorRow {
  return errorTable[code] ?? unknownRecordError;
}
