import { type Comparable, comparable, order } from "../core/compare.ts";
import type { OrgModule } from "../org/module.ts";
import { indexKey, type StoredRecord } from "../org/store.ts";
import type { QueryColumn } from "./columns.ts";
import type { Test, Where } from "./query.ts";

type Rule = (held: Comparable, wanted: Comparable[]) => boolean;

const compared = (accepts: (result: number) => boolean): Rule => (held, [wanted]) => {
  const result = order(held, wanted ?? null);
  return result !== undefined && accepts(result);
};
const between: Rule = (held, [low, high]) =>
  (order(held, low ?? null) ?? -1) >= 0 && (order(held, high ?? null) ?? 1) <= 0;
const like: Rule = (held, [pattern]) =>
  typeof held === "string" && typeof pattern === "string" && isLike(held, pattern);

const rules: Record<Test["operator"], Rule> = {
  "=": (held, [wanted]) => held !== null && held === wanted,
  "!=": (held, [wanted]) => held !== wanted,
  "<": compared((result) => result < 0),
  "<=": compared((result) => result <= 0),
  ">": compared((result) => result > 0),
  ">=": compared((result) => result >= 0),
  like,
  "not like": (held, wanted) => !like(held, wanted),
  in: (held, wanted) => held !== null && wanted.includes(held),
  "not in": (held, wanted) => !wanted.includes(held),
  between,
  "not between": (held, wanted) => held !== null && !between(held, wanted),
  is: (held) => held === null,
  "is not": (held) => held !== null,
};

/** A function that says whether a record meets the where clause; columns are resolved once, not per record. */
export function filterOf(
  where: Where,
  columnOf: (name: string) => QueryColumn,
): (record: StoredRecord) => boolean {
  if (where.kind !== "test") {
    const parts = where.parts.map((part) => filterOf(part, columnOf));
    return where.kind === "and"
      ? (record) => parts.every((part) => part(record))
      : (record) => parts.some((part) => part(record));
  }
  const column = columnOf(where.field);
  const { dataType } = column.field;
  const wanted = where.values.map((value) => comparable(value, dataType));
  const rule = rules[where.operator];
  return (record) => rule(comparable(column.read(record), dataType), wanted);
}

/** Ids of the records that hold a value, or undefined when no index of the field says. */
type Index = (field: string, key: string) => string[] | undefined;

export const indexOf = ({ store }: OrgModule): Index => (field, key) =>
  field === "id" ? [key] : store.idsWith(field, key);

/** Ids that alone can meet the clause, when an index knows them. */
export function plannedIds(index: Index, where: Where): string[] | undefined {
  if (where.kind === "test") return byIndex(index, where);
  const parts = where.parts.map((part) => plannedIds(index, part));
  const known = parts.filter((part) => part !== undefined);
  if (where.kind === "and") return known.toSorted((left, right) => left.length - right.length)[0];
  return known.length === parts.length ? [...new Set(known.flat())] : undefined;
}

function byIndex(index: Index, { field, operator, values }: Test): string[] | undefined {
  if (operator !== "=" && operator !== "in") return undefined;
  const [name = "", part, ...deeper] = field.split(".");
  if (deeper.length > 0 || (part !== undefined && part !== "id")) return undefined;
  const found = values.map((value) => index(name, indexKey(value) ?? ""));
  const known = found.filter((ids) => ids !== undefined);
  return known.length === found.length ? known.flat() : undefined;
}

function isLike(held: string, pattern: string): boolean {
  const start = pattern.slice(0, -1);
  // Most ask for a beginning, of thousands of records: an expression for each would take seconds.
  return pattern.endsWith("%") && !start.includes("%")
    ? held.startsWith(start)
    : likeToRegex(pattern).test(held);
}

function likeToRegex(pattern: string): RegExp {
  const source = pattern.split("%").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join(".*");
  return new RegExp(`^${source}$`, "s");
}

export function countTests(where: Where): number {
  return where.kind === "test" ? 1 : where.parts.reduce((sum, part) => sum + countTests(part), 0);
}

export function longestList(where: Where): number {
  return where.kind === "test" ? where.values.length : Math.max(...where.parts.map(longestList));
}
