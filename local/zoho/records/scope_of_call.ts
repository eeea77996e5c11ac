import { parseIso } from "../core/clock.ts";
import { isObject, type JsonObject } from "../core/json.ts";
import { codeOf } from "../faults/codes.ts";
import type { ApiCall } from "../http/call.ts";
import { refuseCall } from "../http/reply.ts";
import type { OrgModule } from "../org/module.ts";
import type { Problem } from "./problem.ts";
import type { ExternalKeys, WriteScope } from "./scope.ts";

/** What the headers and the body of a call say about how it writes. */
export function scopeOfCall(call: ApiCall, module: OrgModule): WriteScope {
  const { org } = call;
  return {
    org,
    actor: "api",
    user: org.users.integration,
    triggers: triggersOf(call),
    external: externalKeys(call, module),
    unmodifiedSinceMs: isoHeader(call, "if-unmodified-since"),
    recordFault: (record, index) => faultFor(call, module, record, index),
    changes: call.changes,
  };
}

/** No `trigger` key runs all automation, an empty list runs none (facts §4.1). */
function triggersOf(call: ApiCall): boolean {
  if (call.query.get("wf_trigger") === "false") return false;
  if (!isObject(call.body)) return true;
  const trigger = call.body.trigger;
  return !Array.isArray(trigger) || trigger.includes("workflow");
}

/** A header in ISO-8601; Zoho does not take the date format of RFC 1123 here (facts §4.4). */
export function isoHeader(call: ApiCall, name: string): number | undefined {
  const text = call.header(name);
  if (text === undefined) return undefined;
  return parseIso(text) ??
    refuseCall("INVALID_DATA", `the value of the header ${name} is invalid`, { header: name });
}

/**
 * `X-EXTERNAL: Deals.Contract_Ref, Deals.Account_Name.External_Account_ID`: the first names the record itself, the
 * second a lookup, and with one part more a lookup in a line item.
 */
export function externalKeys(call: ApiCall, module: OrgModule): ExternalKeys {
  const keys: ExternalKeys = { own: null, lookups: new Map() };
  const header = call.header("x-external");
  if (header === undefined) return keys;
  for (const entry of header.split(",").map((part) => part.trim()).filter((part) => part !== "")) {
    const parts = entry.split(".");
    const field = parts.at(-1) ?? "";
    if (parts[0] !== module.apiName || parts.length < 2) {
      return refuseCall("INVALID_DATA", "The value of the external field is invalid.", {
        header: "X-EXTERNAL",
      });
    }
    if (parts.length > 2) {
      keys.lookups.set(parts.at(-2) ?? "", field);
      continue;
    }
    if ((module.fields.get(field)?.external ?? null) === null) {
      return refuseCall("INVALID_DATA", "The value of the external field is invalid.", {
        header: "X-EXTERNAL",
      });
    }
    keys.own = field;
  }
  return keys;
}

function faultFor(call: ApiCall, module: OrgModule, record: JsonObject, index: number): Problem | undefined {
  const { org, method } = call;
  if (!org.faults.has("record_error")) return undefined;
  const path = call.incoming.url.pathname;
  const text = () => JSON.stringify(record);
  const fault = org.faults.take(["record_error"], { method, path, module: module.apiName, record, text });
  if (fault === undefined) return undefined;
  const code = fault.code ?? "RECORD_LOCKED";
  const usual = codeOf(code);
  return {
    code,
    message: fault.message ?? usual.message,
    details: { ...placeOf(fault.at, index), ...(fault.details ?? usual.details) },
  };
}

/** `Quoted_Items[0].Quantity` as a refusal names it. */
function placeOf(at: string | undefined, index: number): JsonObject {
  if (at === undefined) return {};
  const api_name = (at.split(".").at(-1) ?? at).replace(/\[\d+\]$/, "");
  return { api_name, json_path: `$.data[${index}].${at}` };
}
