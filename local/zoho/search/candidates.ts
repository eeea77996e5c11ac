import type { OrgModule } from "../org/module.ts";
import { indexKey } from "../org/store.ts";
import type { Criteria, SearchCondition } from "./criteria.ts";

/**
 * The only ids that can meet the criteria, when an index can tell; undefined means every record must be read.
 * An `and` needs one part with an index, an `or` all of them.
 */
export function candidateIds(module: OrgModule, tree: Criteria): string[] | undefined {
  if (tree.kind === "condition") return byIndex(module, tree.condition);
  const parts = tree.parts.map((part) => candidateIds(module, part));
  const known = parts.filter((part) => part !== undefined);
  if (tree.kind === "and") return known.toSorted((left, right) => left.length - right.length)[0];
  return known.length === parts.length ? [...new Set(known.flat())] : undefined;
}

function byIndex(
  module: OrgModule,
  { field: name, operator, values }: SearchCondition,
): string[] | undefined {
  if (name === "id" && (operator === "equals" || operator === "in")) return values;
  if (operator !== "equals" && operator !== "in") return undefined;
  const keys = values.map((value) => indexKey(value));
  const contains = operator === "equals" && module.fields.get(name)?.dataType === "text";
  const found = keys.map((key) => {
    if (key === undefined) return undefined;
    return contains ? module.store.idsContaining(name, key) : module.store.idsWith(name, key);
  });
  const known = found.filter((ids) => ids !== undefined);
  return known.length === found.length ? known.flat() : undefined;
}
