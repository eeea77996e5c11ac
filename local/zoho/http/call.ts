import { isObject, type Json, type JsonObject } from "../core/json.ts";
import type { RecordChange } from "../org/changes.ts";
import { lineModule, mayRead } from "../org/line_module.ts";
import type { OrgModule } from "../org/module.ts";
import type { Org } from "../org/org.ts";
import type { Incoming } from "./incoming.ts";
import { noPermission } from "./refusals.ts";
import { refuseCall, Refused, type Reply } from "./reply.ts";

/** One authenticated call of the CRM API, on its way through a handler. */
export interface ApiCall {
  org: Org;
  incoming: Incoming;
  /** 2, 2.1, 3 … 8. */
  version: number;
  method: string;
  params: Record<string, string>;
  query: URLSearchParams;
  header: (name: string) => string | undefined;
  body: Json | undefined;
  scopes: string[];
  /** Filled in by the handler for the call log and the credits. */
  records: number;
  credits: number;
  changes: RecordChange[];
  /** Runs another request with the same token: what a composite request is made of. */
  dispatch: (incoming: Incoming) => Promise<Reply>;
}

export type Handler = (call: ApiCall) => Reply | Promise<Reply>;

/** The module a path names, or Zoho's refusal. */
export function moduleOfCall(call: ApiCall, apiName = call.params.module ?? ""): OrgModule {
  const module = call.org.visibleModule(apiName);
  if (module !== undefined) return module;
  return refuseCall("INVALID_MODULE", "The module name given seems to be invalid", {
    resource_path_index: 0,
  });
}

/** The module a path names for reading: that of lines, too. */
export function readableModuleOf(call: ApiCall): OrgModule {
  const lines = lineModule(call.org, call.params.module ?? "");
  if (lines === undefined) return moduleOfCall(call);
  if (mayRead(call.org, lines)) return lines;
  throw new Refused(noPermission(lines.apiName));
}

/** The module of `?module=`, as the settings calls take it. */
export function moduleOfQuery(call: ApiCall): OrgModule {
  const name = call.query.get("module");
  if (name === null) {
    return refuseCall("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", {
      param_name: "module",
    });
  }
  return call.org.visibleModule(name) ??
    refuseCall("INVALID_MODULE", "The module name given seems to be invalid", {});
}

/** The list under one key of the body, e.g. `data` or `fields`. */
export function listOf(call: ApiCall, key: string): JsonObject[] {
  const body = call.body;
  if (!isObject(body)) {
    return refuseCall("INVALID_DATA", "invalid data", { expected_data_type: "jsonobject" });
  }
  const list = body[key];
  if (list === undefined) {
    return refuseCall("MANDATORY_NOT_FOUND", "required field not found", {
      api_name: key,
      json_path: `$.${key}`,
    });
  }
  if (!Array.isArray(list) || list.length === 0 || !list.every(isObject)) {
    return refuseCall("INVALID_DATA", "invalid data", {
      api_name: key,
      json_path: `$.${key}`,
      expected_data_type: "jsonarray",
    });
  }
  return list.filter(isObject);
}
