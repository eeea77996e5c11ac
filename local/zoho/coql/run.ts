import { comparable, order } from "../core/compare.ts";
import { isObject, type JsonObject } from "../core/json.ts";
import type { ApiCall } from "../http/call.ts";
import { noPermission, shaped } from "../http/refusals.ts";
import { noContent, refuseCall, type Reply } from "../http/reply.ts";
import { coqlCredits } from "../limits/credits.ts";
import { lineModule, mayRead } from "../org/line_module.ts";
import type { OrgModule } from "../org/module.ts";
import type { Org } from "../org/org.ts";
import type { StoredRecord } from "../org/store.ts";
import { columnOf, type QueryColumn } from "./columns.ts";
import { countTests, filterOf, indexOf, longestList, plannedIds } from "./filter.ts";
import { parseCoql } from "./parse.ts";
import type { Query } from "./query.ts";

const conditionLimit = 25;
const joinLimit = 2;

/** `POST /coql`: reads what is committed now, whatever the search index knows (facts §4.7), unless switched. */
export function runCoql(call: ApiCall): Reply {
  const query = readQuery(call);
  const { org } = call;
  const module = org.visibleModule(query.from) ??
    lineModule(org, query.from, plannedIds(byParent, query.where)) ??
    refuseCall("INVALID_QUERY", "module name given seems to be invalid", { module: query.from });
  if (!mayRead(org, module)) {
    return shaped(org, ["coql"], noPermission(module.apiName));
  }
  checkLimits(call, query);
  const columns = new Map<string, QueryColumn>();
  const column = (name: string): QueryColumn => {
    const known = columns.get(name) ?? columnOf(org, module, name);
    columns.set(name, known);
    return known;
  };
  const isHit = filterOf(query.where, column);
  const selected = query.select.map((item) => ({ ...item, column: column(item.field) }));
  const sorting = query.orderBy.map((item) => ({ ...item, column: column(item.field) }));
  const joins = [...columns.values()].filter((known) => known.joins > 0).map((known) =>
    known.name.split(".")[0]
  );
  if (new Set(joins).size > joinLimit) {
    refuseCall("LIMIT_EXCEEDED", "join limit exceeded", { limit: joinLimit });
  }

  const hits = recordsFor(org, module, query).filter(isHit);
  if (selected.every((item) => item.aggregate === "COUNT")) {
    const counts = selected.map((item) => [item.alias ?? `COUNT(${item.field})`, hits.length]);
    return {
      status: 200,
      body: { data: [Object.fromEntries(counts)], info: { count: 1, more_records: false } },
    };
  }
  hits.sort((left, right) => {
    for (const { column: by, descending } of sorting) {
      const result = compareBy(by, left, right);
      if (result !== 0) return descending ? -result : result;
    }
    return 0;
  });
  const rows = hits.slice(query.offset, query.offset + query.limit);
  if (rows.length === 0) return noContent;
  const data = rows.map((record): JsonObject => {
    const shown = selected.map((item) => [item.alias ?? item.field, item.column.read(record)]);
    return { ...Object.fromEntries(shown), id: record.id };
  });
  const more_records = query.offset + query.limit < hits.length;
  return { status: 200, body: { data, info: { count: rows.length, more_records } } };
}

/** The lines of a record are found by it. */
const byParent = (field: string, key: string) => field === "Parent_Id" ? [key] : undefined;

function coqlOf(call: ApiCall): Query | undefined {
  const text = isObject(call.body) ? call.body.select_query : undefined;
  if (typeof text !== "string") return undefined;
  const { coqlQuote, coqlBrackets } = call.org.settings;
  return parseCoql(text, { quotes: coqlQuote, pairwise: coqlBrackets === "pairwise" });
}

function readQuery(call: ApiCall): Query {
  return coqlOf(call) ??
    refuseCall("MANDATORY_NOT_FOUND", "required field not found", {
      api_name: "select_query",
      json_path: "$.select_query",
    });
}

function checkLimits(call: ApiCall, query: Query): void {
  const { coqlRowLimit, coqlInValues } = call.org.settings;
  call.credits = coqlCredits(query.limit);
  if (query.limit > coqlRowLimit) {
    refuseCall("LIMIT_EXCEEDED", "maximum limit exceeded", { limit: coqlRowLimit });
  }
  if (countTests(query.where) > conditionLimit) {
    refuseCall("LIMIT_EXCEEDED", "maximum conditions exceeded", { limit: conditionLimit });
  }
  if (longestList(query.where) > coqlInValues) {
    refuseCall("LIMIT_EXCEEDED", "maximum values exceeded", { limit: coqlInValues });
  }
}

function recordsFor(org: Org, module: OrgModule, query: Query): StoredRecord[] {
  const ids = plannedIds(indexOf(module), query.where);
  if (org.settings.coqlFreshness === "indexed") return asIndexed(org, module, ids);
  if (ids === undefined) return [...module.store.all()];
  return [...new Set(ids)].toSorted().flatMap((id) => module.store.get(id) ?? []);
}

/** What a query sees that reads the search index instead of the records: the answer may be old. */
function asIndexed(org: Org, module: OrgModule, ids: string[] | undefined): StoredRecord[] {
  const nowMs = org.nowMs();
  const known = ids ?? [...module.store.all()].map(({ id }) => id);
  const all = new Set([...known, ...module.store.lateIds(nowMs)]);
  return [...all].toSorted().flatMap((id) => module.store.asSearched(id, nowMs) ?? []);
}

/** Empty values come first. */
function compareBy(column: QueryColumn, left: StoredRecord, right: StoredRecord): number {
  const { dataType } = column.field;
  const a = comparable(column.read(left), dataType);
  const b = comparable(column.read(right), dataType);
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return order(a, b) ?? 0;
}
