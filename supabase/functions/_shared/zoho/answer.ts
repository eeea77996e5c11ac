import { isRecord } from "../platform/is_record.ts";
import type { ZohoRequest, ZohoResponse } from "./request.ts";
import { ZohoCallError } from "./faults.ts";
import { refusedPlace } from "./refused_place.ts";

/** The raw HTTP answer. */
export interface Received {
  status: number;
  text: string;
}

type Item = Record<string, unknown>;

/** The lists that hold a write's results, by what was written. */
const results = ["data", "watch", "fields"];
/** Statuses that concern the caller or the service and never a single record, whatever the items say. */
const aboutTheCaller = new Set([401, 429]);

/**
 * Returns Zoho's answer or throws the fault it reports. A refused read comes bare (v7 pages) or as the only item of `data` (OpenAPI
 * documents of v8); either is a fault, so that no reader takes it for a record or for an empty result. The results of a write are
 * read record by record by its caller.
 *
 * @throws ZohoCallError
 */
export function readAnswer(received: Received, request: ZohoRequest): ZohoResponse {
  const { status, text } = received;
  if (isEmpty(received, request)) return { status, body: null };
  const body = parseJson(text);
  if (!isRecord(body)) throw unreadable(received, request, body);
  const isOk = status >= 200 && status < 300;
  const mayHoldResults = isOk || status >= 400 && status < 500 && !aboutTheCaller.has(status);
  if (isWrite(request) && mayHoldResults && hasResults(body)) return { status, body };
  const refusal = isRefusal(body) ? body : Object.values(body).filter(Array.isArray).flat().find(isRefusal);
  if (refusal !== undefined) throw refused(refusal, status, request);
  if (!isOk) throw refused(body, status, request);
  return { status, body };
}

/** An item, or a whole answer, that is a refusal (errors page). */
export function isRefusal(item: unknown): boolean {
  return isRecord(item) && item.status === "error";
}

/** 204: no records. 304: nothing newer than If-Modified-Since; without that header it is unreadable. */
function isEmpty({ status }: Received, request: ZohoRequest): boolean {
  return status === 204 || status === 304 && request.headers?.["If-Modified-Since"] !== undefined;
}

/** COQL posts its query and reads. */
function isWrite({ method, path }: ZohoRequest): boolean {
  return method !== "GET" && path !== "/coql";
}

function hasResults(body: Item): boolean {
  return results.some((name) => Array.isArray(body[name]));
}

function refused(told: unknown, status: number, request: ZohoRequest): ZohoCallError {
  const refusal = isRecord(told) ? told : {};
  const code = typeof refusal.code === "string" && refusal.code !== "" ? refusal.code : `HTTP_${status}`;
  const { field } = refusedPlace(isRecord(refusal.details) ? refusal.details : {});
  return new ZohoCallError(code, `${request.method} ${request.path} answered ${status} ${code}`, {
    status,
    // A proxy may have redirected a write after Zoho received it.
    outcomeUnknown: status >= 300 && status < 400 || status >= 500,
    ...(field === null ? {} : { field }),
  });
}

/** A body that is not a JSON object: a proxy's page, half an answer, a list. */
function unreadable({ status }: Received, { method, path }: ZohoRequest, body: unknown): ZohoCallError {
  const code = status >= 400 ? `HTTP_${status}` : "UNREADABLE";
  const what = body === undefined ? "JSON" : "an object";
  return new ZohoCallError(code, `${method} ${path} answered ${status} without ${what}`, {
    status,
    outcomeUnknown: true,
  });
}

function parseJson(text: string): unknown {
  try {
    return mayBeUnstorable.test(text) ? JSON.parse(text, storable) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The escapes of a NUL and of half a character; a whole character in two escapes looks the same. */
const mayBeUnstorable = /\\u(?:0000|d[89a-f])/i;

/** Postgres refuses a whole settlement for one such text, and so everything that was written with that record. */
function storable(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.replaceAll("\0", "").toWellFormed() : value;
}
