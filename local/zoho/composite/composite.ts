import { isObject, type Json, type JsonObject } from "../core/json.ts";
import { type ApiCall, listOf } from "../http/call.ts";
import type { Incoming } from "../http/incoming.ts";
import { refuseCall, type Reply } from "../http/reply.ts";

const requestLimit = 5;

/**
 * `POST /__composite_requests`: up to five calls in one, where a later one may use what an earlier one answered by
 * `@{1:$.data[0].details.id}` (facts §6). A write takes one record each. The reply's key names are unverified.
 */
export async function runComposite(call: ApiCall): Promise<Reply> {
  const requests = listOf(call, "__composite_requests");
  if (requests.length > requestLimit) {
    return refuseCall("LIMIT_EXCEEDED", "The number of sub requests exceeds the limit", {
      limit: requestLimit,
    });
  }
  const rollsBack = isObject(call.body) && call.body.rollback_on_fail === true;
  const answers = new Map<string, Json>();
  const items: JsonObject[] = [];
  for (const [index, request] of requests.entries()) {
    const id = String(request.sub_request_id ?? index + 1);
    const reply = await runOne(call, filledIn(request, answers));
    answers.set(id, reply.body ?? null);
    items.push(itemOf(id, reply));
    if (rollsBack && reply.status >= 400) {
      rollBack(call);
      return { status: 400, body: { __composite_requests: items } };
    }
  }
  const failures = items.filter((item) => item.status === "error").length;
  return { status: failures === 0 ? 200 : 207, body: { __composite_requests: items } };
}

async function runOne(call: ApiCall, request: Json): Promise<Reply> {
  if (!isObject(request) || typeof request.uri !== "string") {
    return {
      status: 400,
      body: { code: "INVALID_DATA", details: {}, message: "invalid data", status: "error" },
    };
  }
  const method = String(request.method ?? "GET").toUpperCase();
  const body = request.body;
  if (method !== "GET" && isObject(body) && Array.isArray(body.data) && body.data.length > 1) {
    const details = { limit: 1 };
    return {
      status: 400,
      body: { code: "LIMIT_EXCEEDED", details, message: "limit exceeded", status: "error" },
    };
  }
  const url = new URL(request.uri, call.incoming.url);
  for (const [name, value] of Object.entries(isObject(request.params) ? request.params : {})) {
    url.searchParams.set(name, String(value));
  }
  const headers = Object.entries(isObject(request.headers) ? request.headers : {})
    .map(([name, value]) => [name.toLowerCase(), String(value)]);
  const incoming: Incoming = {
    method,
    url,
    headers: Object.fromEntries(headers),
    bytes: new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body)),
  };
  return await call.dispatch(incoming);
}

function itemOf(id: string, reply: Reply): JsonObject {
  const ok = reply.status < 400;
  return {
    sub_request_id: id,
    code: ok ? "SUCCESS" : "ERROR",
    status: ok ? "success" : "error",
    message: ok ? "composite sub request executed" : "composite sub request failed",
    details: {
      response: { status_code: reply.status, headers: { ...reply.headers }, body: reply.body ?? null },
    },
  };
}

/** The request with every `@{id:$.path}` replaced by what that sub request answered. */
function filledIn(value: Json, answers: Map<string, Json>): Json {
  if (Array.isArray(value)) return value.map((item) => filledIn(item, answers));
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filledIn(item, answers)]));
  }
  if (typeof value !== "string") return value;
  return value.replace(/@\{(\w+):\$([^}]*)\}/g, (_whole, id: string, path: string) => {
    const found = readPath(answers.get(id), path);
    return found === undefined || found === null ? "" : String(found);
  });
}

function readPath(value: Json | undefined, path: string): Json | undefined {
  let at = value;
  for (const step of path.match(/[\w$]+/g) ?? []) {
    if (Array.isArray(at)) at = at[Number(step)];
    else if (isObject(at)) at = at[step];
    else return undefined;
  }
  return at;
}

/** Reverts, newest first, what this call has committed so far, without notifications. */
function rollBack(call: ApiCall): void {
  for (const change of call.changes.toReversed()) {
    const store = call.org.module(change.module)?.store;
    if (change.before === null) store?.remove(change.id);
    else store?.put(change.before);
    call.org.changes.append({
      module: change.module,
      id: change.id,
      by: change.by,
      operation: change.before === null ? "delete" : "update",
      before: change.after,
      after: change.before,
      triggers: false,
    });
  }
  call.changes.length = 0;
}
