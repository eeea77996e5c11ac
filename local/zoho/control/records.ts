import { isObject, type JsonObject } from "../core/json.ts";
import type { RecordChange } from "../org/changes.ts";
import { type OrgModule, uniqueFields } from "../org/module.ts";
import { defaultPipelineOf } from "../org/pipelines.ts";
import { renderFull } from "../org/render.ts";
import { indexKey, type StoredRecord } from "../org/store.ts";
import { derived } from "../records/derive.ts";
import { mergeInto } from "../records/merge.ts";
import { purgeRecord, restoreRecord } from "../records/restore.ts";
import type { WriteScope } from "../records/scope.ts";
import { deleteRecord, insertRecord, updateRecord, type WriteOutcome } from "../records/write.ts";
import { BadRequest, type ControlCall } from "./call.ts";
import { sellerScope } from "./seller.ts";

/** All records, oldest first; with `?limit=n` the n last modified, newest first. */
export function listRecords(call: ControlCall): JsonObject {
  const module = moduleOf(call);
  const limit = call.query.get("limit");
  const records = limit === null ? [...module.store.all()] : newest(module, Number(limit));
  return { data: records.map((record) => renderFull(call.org, module, record)) };
}

export function showRecord(call: ControlCall): JsonObject {
  const module = moduleOf(call);
  return renderFull(call.org, module, recordOf(call, module));
}

export function createAsSeller(call: ControlCall): JsonObject {
  const module = moduleOf(call);
  const record = asSeller(call, (scope) => insertRecord(scope, module, bodyOf(call), 0));
  return { id: record.id };
}

/** `Locked__s` locks or unlocks the record; it needs no other permission here than being asked for. */
export function editAsSeller(call: ControlCall): JsonObject {
  const module = moduleOf(call);
  const { Locked__s: locked, ...fields } = bodyOf(call);
  const before = recordOf(call, module);
  if (typeof locked === "boolean") module.store.put({ ...before, locked });
  if (Object.keys(fields).length > 0) {
    asSeller(call, (scope) => updateRecord(scope, module, before.id, fields, 0));
  }
  return renderFull(call.org, module, recordOf(call, module));
}

export function deleteAsSeller(call: ControlCall): JsonObject {
  const module = moduleOf(call);
  const record = recordOf(call, module);
  asSeller(call, (scope) => deleteRecord(scope, module, record.id));
  return { id: record.id };
}

/** A seller takes the record out of the recycle bin. */
export function restoreAsSeller(call: ControlCall): JsonObject {
  const module = moduleOf(call);
  const record = asSeller(call, (scope) => restoreRecord(scope, module, call.params.id ?? ""));
  return renderFull(call.org, module, record);
}

/** A seller empties the recycle bin of the record. */
export function purgeAsSeller(call: ControlCall): JsonObject {
  const module = moduleOf(call);
  const id = call.params.id ?? "";
  if (!purgeRecord(module, id)) throw new BadRequest(`${id} is not in the recycle bin`, 404);
  return { id };
}

/** A seller merges duplicates on the screen: the losers are deleted, the master gains what it lacked. */
export function mergeAsSeller(call: ControlCall): JsonObject {
  const module = moduleOf(call);
  const { master, losers } = bodyOf(call);
  if (typeof master !== "string" || !Array.isArray(losers)) {
    throw new BadRequest("The body must be {master: id, losers: [id]}");
  }
  const scope = sellerScope(call.org);
  mergeInto(scope, module, master, losers.map(String));
  call.org.announce(scope.changes);
  return { id: master };
}

/**
 * Fills a module at once: no cap, no checks but unique fields, no callbacks unless `notify` is true. Each record is
 * in the change log like any other.
 */
export function bulkCreate(call: ControlCall): JsonObject {
  const module = moduleOf(call);
  const body = call.body;
  if (!isObject(body) || !Array.isArray(body.data)) throw new BadRequest("The body must be {data: [...]}");
  const changes: RecordChange[] = [];
  const ids = body.data.filter(isObject).map((input) => put(call, module, input, changes));
  if (body.notify === true) call.org.announce(changes);
  return { ids };
}

function put(call: ControlCall, module: OrgModule, input: JsonObject, changes: RecordChange[]): string {
  const { org } = call;
  for (const field of uniqueFields(module)) {
    const key = indexKey(input[field.apiName]);
    if (key !== undefined && (module.store.idsWith(field.apiName, key) ?? []).length > 0) {
      throw new BadRequest(`${field.apiName} ${key} exists already`, 409);
    }
  }
  const nowMs = Math.floor(org.nowMs() / 1000) * 1000;
  const { seller } = org.users;
  const given = Object.entries(input).filter(([name, value]) => value !== null && name !== module.linesField);
  const values = Object.fromEntries(given);
  const pipeline = defaultPipelineOf(org.settings);
  const worked = Object.entries(derived(module.apiName, { values, given: values, lines: [], pipeline }));
  const record: StoredRecord = {
    id: org.ids.next(),
    values: { ...values, ...Object.fromEntries(worked.filter(([, value]) => value !== null)) },
    lines: [],
    createdMs: nowMs,
    modifiedMs: nowMs,
    createdBy: seller,
    modifiedBy: seller,
    owner: seller,
    locked: false,
    approvalState: "approved",
  };
  module.store.put(record);
  const { id } = record;
  changes.push(org.changes.append({
    module: module.apiName,
    id,
    operation: "insert",
    by: "seller",
    before: null,
    after: record,
    triggers: true,
  }));
  return id;
}

/** Runs a write as Thandi Seller; what Zoho's form would refuse is a 400 with the same error item. */
function asSeller(call: ControlCall, write: (scope: WriteScope) => WriteOutcome): StoredRecord {
  const scope = sellerScope(call.org);
  const outcome = write(scope);
  if (!outcome.ok) throw new BadRequest(JSON.stringify(outcome.item));
  call.org.announce(scope.changes);
  return outcome.record;
}

function moduleOf({ org, params }: ControlCall): OrgModule {
  const name = params.module ?? "";
  const module = org.module(name);
  if (module === undefined) throw new BadRequest(`No module is called ${name}`, 404);
  return module;
}

function recordOf({ params }: ControlCall, module: OrgModule): StoredRecord {
  const id = params.id ?? "";
  const record = module.store.get(id);
  if (record === undefined) throw new BadRequest(`${module.apiName} has no record ${id}`, 404);
  return record;
}

function bodyOf({ body }: ControlCall): JsonObject {
  if (!isObject(body)) throw new BadRequest("The body must be a JSON object of fields");
  return body;
}

function newest(module: OrgModule, limit: number): StoredRecord[] {
  const newestFirst = (left: StoredRecord, right: StoredRecord) =>
    right.modifiedMs - left.modifiedMs || (left.id < right.id ? 1 : -1);
  return [...module.store.all()].sort(newestFirst).slice(0, limit);
}
