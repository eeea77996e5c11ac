import { wholeSecond } from "../core/clock.ts";
import type { JsonObject } from "../core/json.ts";
import { sameJson } from "../core/json.ts";
import { type ErrorItem, errorItem } from "../http/reply.ts";
import type { ChangeOperation } from "../org/changes.ts";
import type { OrgModule } from "../org/module.ts";
import { recordName } from "../org/render.ts";
import { indexKey, type StoredRecord } from "../org/store.ts";
import { prepareRecord } from "./prepare.ts";
import type { WriteScope } from "./scope.ts";
import { settleValues } from "./settle.ts";

export type WriteOutcome =
  | { ok: true; item: JsonObject; record: StoredRecord }
  | { ok: false; item: ErrorItem; status: 400 | 412 };

const failed = (item: ErrorItem, status: 400 | 412 = 400): WriteOutcome => ({ ok: false, item, status });

export function insertRecord(
  scope: WriteScope,
  module: OrgModule,
  input: JsonObject,
  index: number,
): WriteOutcome {
  const fault = scope.recordFault(input, index);
  if (fault !== undefined) return failed(errorItem(fault.code, fault.message, fault.details));
  const preparation = prepareRecord(scope, module, input, undefined, index);
  if ("refused" in preparation) return failed(preparation.refused);
  const { org } = scope;
  const id = org.ids.next();
  const nowMs = wholeSecond(org.nowMs());
  const record: StoredRecord = {
    id,
    values: settleValues(org.settings, module, {}, preparation.prepared, numbering(module, id)),
    lines: preparation.prepared.lines,
    createdMs: nowMs,
    modifiedMs: nowMs,
    createdBy: scope.user,
    modifiedBy: scope.user,
    owner: preparation.prepared.owner ?? scope.user,
    locked: false,
    approvalState: "approved",
  };
  commit(scope, module, "insert", null, record);
  return { ok: true, record, item: success(scope, record, "record added", input) };
}

export function updateRecord(
  scope: WriteScope,
  module: OrgModule,
  id: string,
  input: JsonObject,
  index: number,
): WriteOutcome {
  const fault = scope.recordFault(input, index);
  if (fault !== undefined) return failed(errorItem(fault.code, fault.message, fault.details));
  const before = module.store.get(id);
  if (before === undefined) {
    return failed(errorItem("INVALID_DATA", "the id given seems to be invalid", {
      id,
      api_name: "id",
      json_path: `$.data[${index}].id`,
    }));
  }
  if (isNewer(scope, before)) return alreadyModified(scope, before);
  if (before.locked) return failed(errorItem("RECORD_LOCKED", "record is locked", { id }));
  const preparation = prepareRecord(scope, module, input, before, index);
  if ("refused" in preparation) return failed(preparation.refused);
  const { org } = scope;
  const { prepared } = preparation;
  const values = settleValues(org.settings, module, before.values, prepared, {});
  const isSame = sameJson(values, before.values) && sameJson([...prepared.lines], [...before.lines]) &&
    (prepared.owner ?? before.owner) === before.owner;
  if (isSame && org.settings.modifiedTime === "on_change") {
    return { ok: true, record: before, item: success(scope, before, "record updated", input) };
  }
  const record: StoredRecord = {
    ...before,
    values,
    lines: prepared.lines,
    owner: prepared.owner ?? before.owner,
    modifiedMs: Math.max(before.modifiedMs, wholeSecond(org.nowMs())),
    modifiedBy: scope.user,
  };
  commit(scope, module, "update", before, record);
  return { ok: true, record, item: success(scope, record, "record updated", input) };
}

/** Whether the record was written after the time the call names; both are whole seconds. */
export function isNewer({ unmodifiedSinceMs: since }: WriteScope, record: StoredRecord): boolean {
  return since !== undefined && record.modifiedMs > wholeSecond(since);
}

export function alreadyModified(scope: WriteScope, record: StoredRecord): WriteOutcome {
  const message = "Record updated time has already passed if-unmodified-since time";
  return failed(errorItem("ALREADY_MODIFIED", message, stamps(scope, record)), 412);
}

export function deleteRecord(scope: WriteScope, module: OrgModule, id: string): WriteOutcome {
  const before = module.store.get(id);
  if (before === undefined) return failed(errorItem("INVALID_DATA", "record not deleted", { id }));
  const fault = scope.recordFault(before.values, 0);
  if (fault !== undefined) return failed(errorItem(fault.code, fault.message, { ...fault.details, id }));
  if (before.locked) return failed(errorItem("RECORD_LOCKED", "record is locked", { id }));
  commit(scope, module, "delete", before, null);
  module.bin.set(id, before);
  module.deleted.push({
    id,
    displayName: recordName(module, before),
    deletedMs: wholeSecond(scope.org.nowMs()),
    type: "recycle",
    deletedBy: { name: scope.user.name, id: scope.user.id },
    createdBy: { name: before.createdBy.name, id: before.createdBy.id },
  });
  return {
    ok: true,
    record: before,
    item: { code: "SUCCESS", details: { id }, message: "record deleted", status: "success" },
  };
}

/** Quotes and invoices get a number of their own. */
function numbering(module: OrgModule, id: string): JsonObject {
  const auto = [...module.fields.values()].filter((field) =>
    field.dataType === "autonumber" && !field.custom
  );
  return Object.fromEntries(auto.map((field) => [field.apiName, id]));
}

function commit(
  scope: WriteScope,
  module: OrgModule,
  operation: ChangeOperation,
  before: StoredRecord | null,
  after: StoredRecord | null,
): void {
  const { org } = scope;
  const lagMs = org.settings.indexLagMs;
  if (after !== null) module.store.put(after, lagMs > 0 ? org.nowMs() + lagMs : undefined);
  else if (before !== null) module.store.remove(before.id);
  const id = after?.id ?? before?.id ?? "";
  const { actor: by, triggers } = scope;
  scope.changes.push(
    org.changes.append({ module: module.apiName, id, operation, by, before, after, triggers }),
  );
}

function stamps(scope: WriteScope, record: StoredRecord): JsonObject {
  const { org } = scope;
  return {
    id: record.id,
    Created_Time: org.iso(record.createdMs),
    Modified_Time: org.iso(record.modifiedMs),
    Created_By: { name: record.createdBy.name, id: record.createdBy.id },
    Modified_By: { name: record.modifiedBy.name, id: record.modifiedBy.id },
  };
}

function success(scope: WriteScope, record: StoredRecord, message: string, input: JsonObject): JsonObject {
  const details: JsonObject = { ...stamps(scope, record), "$approval_state": record.approvalState };
  const own = scope.external.own;
  if (own !== null && indexKey(input[own] ?? record.values[own]) !== undefined) {
    details[own] = record.values[own] ?? null;
  }
  return { code: "SUCCESS", details, message, status: "success" };
}
