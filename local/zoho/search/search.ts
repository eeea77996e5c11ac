import type { Json } from "../core/json.ts";
import { type ApiCall, moduleOfCall } from "../http/call.ts";
import { noContent, refuseCall, type Reply } from "../http/reply.ts";
import type { ModuleField } from "../org/field.ts";
import type { OrgModule } from "../org/module.ts";
import { readField, renderListed } from "../org/render.ts";
import type { StoredRecord } from "../org/store.ts";
import { fieldNames, whole } from "../records/read.ts";
import { candidateIds } from "./candidates.ts";
import { conditionsOf, type Criteria, parseCriteria } from "./criteria.ts";
import { checkCondition, meets } from "./match.ts";

const rowLimit = 2_000;

interface Finder {
  /** Ids an index names; undefined means all. */
  ids: string[] | undefined;
  isHit: (record: StoredRecord) => boolean;
}

type FinderOf = (call: ApiCall, module: OrgModule, value: string) => Finder;

/** What `GET /{Module}/search` may be asked by, in the order Zoho prefers them. */
const finders: Record<string, FinderOf> = {
  criteria: byCriteria,
  email: (call, module, value) => byFieldsOf(call, module, value, "email", "equals"),
  phone: (call, module, value) => byFieldsOf(call, module, value, "phone", "equals"),
  word: byWord,
};

export function searchRecords(call: ApiCall): Reply {
  const module = moduleOfCall(call);
  const asked = Object.keys(finders).find((name) => (call.query.get(name) ?? "") !== "");
  const finderOf = asked === undefined ? undefined : finders[asked];
  if (asked === undefined || finderOf === undefined) {
    return refuseCall("EXPECTED_PARAM_MISSING", "One of the expected parameter is missing", {
      param_names: Object.keys(finders),
    });
  }
  const names = fieldNames(call, module) ?? [...module.fields.keys()];
  const hits = find(call, module, finderOf(call, module, call.query.get(asked) ?? ""));
  const perPage = whole(call.query.get("per_page"), 200, 200);
  const page = whole(call.query.get("page"), 1, Number.MAX_SAFE_INTEGER);
  if (page * perPage > rowLimit) {
    return refuseCall("LIMIT_REACHED", "You can only get first 2000 records", { limit: String(rowLimit) });
  }
  const shown = hits.slice((page - 1) * perPage, page * perPage);
  if (shown.length === 0) return noContent;
  const data = shown.map((record) => renderListed(call.org, module, record, names));
  const info = { per_page: perPage, count: data.length, page, more_records: page * perPage < hits.length };
  return { status: 200, body: { data, info } };
}

/** Newest first, as the search index shows the records: it may be late (facts §4.6). */
function find(call: ApiCall, module: OrgModule, finder: Finder): StoredRecord[] {
  const nowMs = call.org.nowMs();
  const late = module.store.lateIds(nowMs);
  const ids = finder.ids === undefined ? undefined : new Set([...finder.ids, ...late]);
  const records = ids === undefined ? module.store.all() : [...ids].toSorted();
  const hits: StoredRecord[] = [];
  for (const entry of records) {
    const id = typeof entry === "string" ? entry : entry.id;
    const record = module.store.asSearched(id, nowMs);
    if (record !== undefined && finder.isHit(record)) hits.push(record);
  }
  return hits.reverse();
}

function byCriteria(call: ApiCall, module: OrgModule, text: string): Finder {
  const tree = parseCriteria(text);
  const conditions = conditionsOf(tree);
  const limit = call.org.settings.searchConditions;
  if (conditions.length > limit) {
    return refuseCall("CRITERIA_LIMIT_EXCEEDED", "The criteria limit is exceeded", { limit });
  }
  const fields = new Map(conditions.map((condition) => [
    condition.field,
    checkCondition(condition, module.fields.get(condition.field)),
  ]));
  return finderFor(call, module, tree, (name) => fields.get(name) ?? unknownField(name));
}

/** `?email=` and `?phone=` look in every field of that type. */
function byFieldsOf(
  call: ApiCall,
  module: OrgModule,
  value: string,
  dataType: string,
  operator: string,
): Finder {
  const fields = [...module.fields.values()].filter((field) => field.dataType === dataType);
  const tree: Criteria = {
    kind: "or",
    parts: fields.map((field) => ({
      kind: "condition",
      condition: { field: field.apiName, operator, values: [value] },
    })),
  };
  return finderFor(call, module, tree, (name) => module.fields.get(name) ?? unknownField(name));
}

function byWord(_call: ApiCall, module: OrgModule, word: string): Finder {
  if (word.length < 2) refuseCall("INVALID_DATA", "invalid data", { param_name: "word", minimum_length: 2 });
  const part = word.toLowerCase();
  const names = [...module.fields.values()].filter((field) => field.dataType !== "lookup").map((field) =>
    field.apiName
  );
  const isHit = (record: StoredRecord) =>
    names.some((name) => {
      const value = record.values[name];
      return typeof value === "string" && value.toLowerCase().includes(part);
    });
  return { ids: undefined, isHit };
}

function finderFor(
  call: ApiCall,
  module: OrgModule,
  tree: Criteria,
  fieldOf: (name: string) => ModuleField,
): Finder {
  const isHit = (record: StoredRecord) => {
    const read = (name: string): Json => readField(call.org, module, record, name) ?? null;
    return meets(tree, read, fieldOf);
  };
  return { ids: candidateIds(module, tree), isHit };
}

function unknownField(name: string): ModuleField {
  return refuseCall("INVALID_QUERY", "Invalid query formed", { api_name: name });
}
