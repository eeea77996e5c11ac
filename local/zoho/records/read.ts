import type { JsonObject } from "../core/json.ts";
import { type ApiCall, moduleOfCall, readableModuleOf } from "../http/call.ts";
import { noContent, notModified, refuseCall, type Reply } from "../http/reply.ts";
import type { OrgModule } from "../org/module.ts";
import { renderFull, renderListed } from "../org/render.ts";
import type { StoredRecord } from "../org/store.ts";
import { idByExternal } from "./batch.ts";
import { paging, recordPage } from "./paging.ts";
import { externalKeys, isoHeader } from "./scope_of_call.ts";
import { toVersion } from "./v2_names.ts";

const fieldLimit = 50;

export function getSingle(call: ApiCall): Reply {
  const module = readableModuleOf(call);
  const key = call.params.id ?? "";
  const { own } = externalKeys(call, module);
  const id = own === null ? key : idByExternal(module, own, key) ?? "";
  if (own === null && !/^\d+$/.test(key)) {
    return refuseCall("INVALID_DATA", "the id given seems to be invalid", { id: key });
  }
  const record = module.store.get(id);
  if (record === undefined) return own === null ? unknownId(call, id) : noContent;
  const since = isoHeader(call, "if-modified-since");
  if (since !== undefined && !isModified(call, record, since)) return notModified;
  const names = fieldNames(call, module);
  const full = toVersion(call.version, module, renderFull(call.org, module, record));
  if (names === undefined) return { status: 200, body: { data: [full] } };
  const chosen = Object.fromEntries([...names, "id"].flatMap((name) => {
    const value = full[name];
    return value === undefined ? [] : [[name, value]];
  }));
  return { status: 200, body: { data: [chosen] } };
}

export function getList(call: ApiCall): Reply {
  const module = readableModuleOf(call);
  const names = fieldNames(call, module);
  if (names === undefined && call.version >= 3) {
    return refuseCall("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", {
      param_name: "fields",
    });
  }
  const request = paging(call, module);
  const since = isoHeader(call, "if-modified-since");
  const candidates = chosenIds(call, module) ?? module.store.all();
  const records: StoredRecord[] = [];
  for (const record of candidates) {
    if (since === undefined || isModified(call, record, since)) records.push(record);
  }
  if (records.length === 0) return since === undefined ? noContent : notModified;
  const page = recordPage(call, request, records);
  if (page.records.length === 0) return noContent;
  const shown = names ?? [...module.fields.keys()];
  const data = page.records.map((record) => renderListed(call.org, module, record, shown));
  return { status: 200, body: { data, info: page.info } };
}

/** Records deleted since a time; a restored one just stops being listed (facts §11). */
export function getDeleted(call: ApiCall): Reply {
  const module = moduleOfCall(call);
  const type = call.query.get("type") ?? "all";
  if (!["all", "recycle", "permanent"].includes(type)) {
    return refuseCall("INVALID_DATA", "invalid data", { param_name: "type" });
  }
  const since = isoHeader(call, "if-modified-since") ?? 0;
  const rows = module.deleted.filter((row) => (type === "all" || row.type === type) && row.deletedMs >= since)
    .toReversed();
  const perPage = whole(call.query.get("per_page"), 200, 200);
  const page = whole(call.query.get("page"), 1, Number.MAX_SAFE_INTEGER);
  const shown = rows.slice((page - 1) * perPage, page * perPage);
  if (shown.length === 0) return noContent;
  const data = shown.map((row): JsonObject => ({
    deleted_by: row.deletedBy,
    id: row.id,
    display_name: row.displayName,
    type: row.type,
    created_by: row.createdBy,
    deleted_time: call.org.iso(row.deletedMs),
  }));
  const info = { per_page: perPage, count: data.length, page, more_records: page * perPage < rows.length };
  return { status: 200, body: { data, info } };
}

export function whole(text: string | null, fallback: number, limit: number): number {
  const value = Number(text ?? fallback);
  return Number.isInteger(value) && value >= 1 ? Math.min(value, limit) : fallback;
}

/** The asked field names, or undefined when none were asked for. */
export function fieldNames(call: ApiCall, module: OrgModule): string[] | undefined {
  const text = call.query.get("fields");
  if (text === null || text.trim() === "") return undefined;
  const names = text.split(",").map((name) => name.trim());
  if (names.length > fieldLimit) {
    return refuseCall("LIMIT_EXCEEDED", "The number of fields given exceeds the allowed limit", {
      param_name: "fields",
      limit: fieldLimit,
    });
  }
  if (call.org.settings.listUnknownFields === "refuse") {
    const unknown = names.find((name) => !module.fields.has(name) && !name.startsWith("$"));
    if (unknown !== undefined) {
      return refuseCall("INVALID_DATA", "invalid data", { param_name: "fields", api_name: unknown });
    }
  }
  return names;
}

/** Zoho does not say whether a record modified at that very second is listed (open question 15). */
function isModified(call: ApiCall, record: StoredRecord, sinceMs: number): boolean {
  return call.org.settings.ifModifiedSince === "after"
    ? record.modifiedMs > sinceMs
    : record.modifiedMs >= sinceMs;
}

function chosenIds(call: ApiCall, module: OrgModule): StoredRecord[] | undefined {
  const text = call.query.get("ids");
  if (text === null) return undefined;
  const { own } = externalKeys(call, module);
  return text.split(",").flatMap((key) => {
    const id = own === null ? key.trim() : idByExternal(module, own, key.trim());
    const record = id === undefined ? undefined : module.store.get(id);
    return record === undefined ? [] : [record];
  });
}

function unknownId(call: ApiCall, id: string): Reply {
  if (call.org.settings.unknownIdStatus === 204) return noContent;
  return refuseCall("INVALID_DATA", "the id given seems to be invalid", { id });
}
