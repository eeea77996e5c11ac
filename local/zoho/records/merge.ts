import { isObject } from "../core/json.ts";
import { type ApiCall, listOf, moduleOfCall } from "../http/call.ts";
import { errorItem, refuseCall, type Reply } from "../http/reply.ts";
import type { OrgModule } from "../org/module.ts";
import type { WriteScope } from "./scope.ts";
import { scopeOfCall } from "./scope_of_call.ts";
import { deleteRecord, updateRecord } from "./write.ts";

const loserLimit = 2;

/**
 * `POST /{Module}/{master}/actions/merge`: up to three records become one, the losers are deleted (facts §11). The
 * outside sees deletes and one update, and nothing that leads from an old id to the new one. The key names of the
 * body are from memory and unverified.
 */
export function mergeRecords(call: ApiCall): Reply {
  const module = moduleOfCall(call);
  if (!module.mergeable) return refuseCall("NOT_SUPPORTED", "the module does not support merge", {});
  const [merge = {}] = listOf(call, "merge");
  if (!Array.isArray(merge.master_record_fields)) {
    const details = { api_name: "master_record_fields", json_path: "$.merge[0].master_record_fields" };
    const item = errorItem("MANDATORY_NOT_FOUND", "required field not found", details);
    return { status: 400, body: { merge: [item] } };
  }
  const losers = (Array.isArray(merge.data) ? merge.data : []).filter(isObject).map((entry) =>
    String(entry.id ?? "")
  );
  if (losers.length === 0 || losers.length > loserLimit) {
    return refuseCall("LIMIT_EXCEEDED", "up to three records can be merged", { limit: loserLimit + 1 });
  }
  const master = call.params.id ?? "";
  const missing = [master, ...losers].find((id) => module.store.get(id) === undefined);
  if (missing !== undefined || losers.includes(master)) {
    const item = errorItem("INVALID_DATA", "the id given seems to be invalid", { id: missing ?? master });
    return { status: 400, body: { merge: [item] } };
  }
  mergeInto(scopeOfCall(call, module), module, master, losers);
  const item = { code: "SUCCESS", details: { id: master }, message: "records merged", status: "success" };
  return { status: 201, body: { merge: [item] } };
}

/** Values the master lacks come from the losers, first loser first. They go first, so that unique values are free. */
export function mergeInto(scope: WriteScope, module: OrgModule, master: string, losers: string[]): void {
  const values = losers.map((id) => module.store.get(id)?.values ?? {});
  const held = module.store.get(master)?.values ?? {};
  const gained = Object.fromEntries(
    values.toReversed().flatMap((lost) => Object.entries(lost))
      .filter(([name]) => held[name] === undefined && module.fields.has(name)),
  );
  movePointers(scope, module, master, losers);
  for (const id of losers) deleteRecord(scope, module, id);
  updateRecord(scope, module, master, gained, 0);
}

/**
 * Related records go to the master: the Deals of a merged Account are the master's. Whether their Modified_Time moves is not
 * documented, so it is a switch.
 */
function movePointers(scope: WriteScope, target: OrgModule, master: string, losers: string[]): void {
  const { org } = scope;
  for (const module of org.modules.values()) {
    const lookups = [...module.fields.values()].filter(({ lookup }) => lookup === target.apiName);
    if (lookups.length === 0) continue;
    for (const record of [...module.store.all()]) {
      const moved = lookups.filter(({ apiName }) => {
        const value = record.values[apiName];
        return isObject(value) && losers.includes(String(value.id));
      });
      if (moved.length === 0) continue;
      const pointers = Object.fromEntries(moved.map(({ apiName }) => [apiName, { id: master }]));
      if (org.settings.mergedRelatedTime === "now") updateRecord(scope, module, record.id, pointers, 0);
      else module.store.put({ ...record, values: { ...record.values, ...pointers } });
    }
  }
}
