import type { JsonObject } from "../core/json.ts";
import { type OrgModule, uniqueFields } from "../org/module.ts";
import { indexKey, type StoredRecord } from "../org/store.ts";
import type { WriteScope } from "./scope.ts";
import { insertRecord, updateRecord, type WriteOutcome } from "./write.ts";

/**
 * The order in which an upsert looks for the record it means (facts §4.2). Naming fields puts them first and leaves
 * the system field out; naming none tries the system field first. The other unique fields always follow.
 */
export function checkOrder(module: OrgModule, named: string[] | undefined): string[] {
  const first = named === undefined || named.length === 0 ? [module.systemCheckField] : named;
  const rest = uniqueFields(module).map((field) => field.apiName);
  return [...new Set([...first, ...rest])];
}

/** Whether a field may be named in `duplicate_check_fields`. */
export function mayCheck(module: OrgModule, name: string): boolean {
  return name === module.systemCheckField || uniqueFields(module).some((field) => field.apiName === name);
}

export function upsertRecord(
  scope: WriteScope,
  module: OrgModule,
  input: JsonObject,
  order: string[],
  index: number,
): WriteOutcome {
  const match = findMatch(module, input, order);
  const outcome = match === undefined
    ? insertRecord(scope, module, input, index)
    : updateRecord(scope, module, match.record.id, input, index);
  if (!outcome.ok) return outcome;
  const action = match === undefined ? "insert" : "update";
  return { ...outcome, item: { ...outcome.item, action, duplicate_field: match?.field ?? null } };
}

/** The record that an upsert means, if it finds one. */
export function findMatch(
  module: OrgModule,
  input: JsonObject,
  order: string[],
): { record: StoredRecord; field: string } | undefined {
  for (const field of order) {
    const key = indexKey(input[field]);
    const id = key === undefined ? undefined : module.store.idsWith(field, key)?.sort()[0];
    const record = id === undefined ? undefined : module.store.get(id);
    if (record !== undefined) return { record, field };
  }
  return undefined;
}
