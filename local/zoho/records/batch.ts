import { isObject, type JsonObject } from "../core/json.ts";
import { type ApiCall, listOf, moduleOfCall } from "../http/call.ts";
import { errorItem, refuseCall, type Reply } from "../http/reply.ts";
import { creditsOfWrite } from "../limits/credits.ts";
import { uniqueFields } from "../org/module.ts";
import type { OrgModule } from "../org/module.ts";
import { indexKey } from "../org/store.ts";
import { newerAmong } from "./conditional.ts";
import type { WriteScope } from "./scope.ts";
import { scopeOfCall } from "./scope_of_call.ts";
import { checkOrder, findMatch, mayCheck, upsertRecord } from "./upsert.ts";
import { fromVersion } from "./v2_names.ts";
import { deleteRecord, insertRecord, updateRecord, type WriteOutcome } from "./write.ts";

const batchLimit = 100;

type WriteOne = (input: JsonObject, index: number) => WriteOutcome;

export function insertMany(call: ApiCall): Reply {
  const module = moduleOfCall(call);
  const scope = scopeOfCall(call, module);
  return writeAll(call, module, 201, (input, index) => insertRecord(scope, module, input, index));
}

export function updateMany(call: ApiCall): Reply {
  const module = moduleOfCall(call);
  const scope = scopeOfCall(call, module);
  const targets = listOf(call, "data").map((input) => module.store.get(idOf(scope, module, input) ?? ""));
  const newer = newerAmong(scope, targets);
  return newer ?? writeAll(call, module, 200, (input, index) => {
    const id = idOf(scope, module, input);
    return id === undefined ? withoutId(index) : updateRecord(scope, module, id, input, index);
  });
}

export function updateSingle(call: ApiCall): Reply {
  const module = moduleOfCall(call);
  const scope = scopeOfCall(call, module);
  const own = scope.external.own;
  const key = call.params.id ?? "";
  const id = own === null ? key : idByExternal(module, own, key) ?? key;
  const newer = newerAmong(scope, [module.store.get(id)]);
  return newer ??
    writeAll(call, module, 200, (input, index) => updateRecord(scope, module, id, input, index));
}

export function upsertMany(call: ApiCall): Reply {
  const module = moduleOfCall(call);
  const scope = scopeOfCall(call, module);
  const order = checkOrder(module, namedFields(call, module));
  const targets = listOf(call, "data").map((input) => findMatch(module, input, order)?.record);
  const newer = newerAmong(scope, targets);
  return newer ??
    writeAll(call, module, 200, (input, index) => upsertRecord(scope, module, input, order, index));
}

/** `?ids=a,b` or one id in the path. */
export function deleteMany(call: ApiCall): Reply {
  const module = moduleOfCall(call);
  const scope = scopeOfCall(call, module);
  const text = call.params.id ?? call.query.get("ids");
  if (text === null) {
    return refuseCall("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", {
      param_name: "ids",
    });
  }
  const keys = text.split(",").map((key) => key.trim()).filter((key) => key !== "");
  checkCount(call, keys.length);
  const own = scope.external.own;
  const ids = keys.map((key) => own === null ? key : idByExternal(module, own, key) ?? key);
  return answer(call, 200, ids.map((id) => deleteRecord(scope, module, id)));
}

export function idByExternal(module: OrgModule, field: string, value: string): string | undefined {
  const key = indexKey(decodeURIComponent(value));
  return key === undefined ? undefined : module.store.idsWith(field, key)?.[0];
}

function idOf(scope: WriteScope, module: OrgModule, input: JsonObject): string | undefined {
  const own = scope.external.own;
  const external = own === null ? undefined : input[own];
  if (own !== null && typeof external === "string") return idByExternal(module, own, external) ?? "";
  return input.id === undefined || input.id === null ? undefined : String(input.id);
}

function withoutId(index: number): WriteOutcome {
  const details = { api_name: "id", json_path: `$.data[${index}].id` };
  return {
    ok: false,
    status: 400,
    item: errorItem("MANDATORY_NOT_FOUND", "required field not found", details),
  };
}

function writeAll(call: ApiCall, module: OrgModule, okStatus: number, writeOne: WriteOne): Reply {
  const inputs = listOf(call, "data").map((input) => fromVersion(call.version, module, input));
  checkCount(call, inputs.length);
  return answer(call, okStatus, inputs.map(writeOne));
}

function checkCount(call: ApiCall, count: number): void {
  if (count > batchLimit) {
    refuseCall("LIMIT_EXCEEDED", "The number of records given exceeds the allowed limit", {
      limit: batchLimit,
    });
  }
  call.records = count;
  call.credits = creditsOfWrite(count);
}

/** One result for each record, in the order they were sent (facts §4.1). */
function answer(call: ApiCall, okStatus: number, outcomes: WriteOutcome[]): Reply {
  return {
    status: statusOf(call, okStatus, outcomes),
    body: { data: outcomes.map((outcome) => outcome.item) },
  };
}

function statusOf(call: ApiCall, okStatus: number, outcomes: WriteOutcome[]): number {
  const failures = outcomes.filter((outcome) => !outcome.ok);
  if (failures.length === 0) return okStatus;
  if (failures.length < outcomes.length) return 207;
  return failures.every((outcome) => !outcome.ok && outcome.status === 412)
    ? 412
    : call.org.settings.allFailedStatus;
}

function namedFields(call: ApiCall, module: OrgModule): string[] | undefined {
  const named = isObject(call.body) ? call.body.duplicate_check_fields : undefined;
  if (named === undefined || named === null) return undefined;
  const names = Array.isArray(named) ? named.map(String) : [String(named)];
  const wrong = names.findIndex((name) => !mayCheck(module, name));
  if (wrong >= 0) {
    return refuseCall("INVALID_DATA", "invalid data", {
      api_name: "duplicate_check_fields",
      json_path: `$.duplicate_check_fields[${wrong}]`,
      supported_values: [module.systemCheckField, ...uniqueFields(module).map((field) => field.apiName)],
    });
  }
  return names;
}
