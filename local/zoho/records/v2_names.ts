import { isObject, type JsonObject } from "../core/json.ts";
import type { OrgModule } from "../org/module.ts";

const linesName = "Product_Details";

/** What a line's fields are called in v2 and since, as v2's insert-records page and clients of v2 have them. */
const names: readonly (readonly [v2: string, since: string])[] = [
  ["product", "Product_Name"],
  ["quantity", "Quantity"],
  ["list_price", "List_Price"],
  ["product_description", "Description"],
  ["line_tax", "Line_Tax"],
  ["total", "Total"],
  ["total_after_discount", "Total_After_Discount"],
  ["net_total", "Net_Total"],
];
const sinceV2 = new Map(names);
const inV2 = new Map(names.map(([v2, since]) => [since, v2]));

/** A record as the caller's version writes it, in the names of today. */
export function fromVersion(version: number, module: OrgModule, input: JsonObject): JsonObject {
  if (version !== 2 || module.linesField === null) return input;
  const { [linesName]: lines, [module.linesField]: _unknownInV2, ...rest } = input;
  if (lines === undefined) return rest;
  return {
    ...rest,
    [module.linesField]: Array.isArray(lines) ? lines.map((line) => renamed(line, sinceV2)) : lines,
  };
}

/** A record in the names of the caller's version. */
export function toVersion(version: number, module: OrgModule, record: JsonObject): JsonObject {
  if (version !== 2 || module.linesField === null) return record;
  const { [module.linesField]: lines, ...rest } = record;
  return { ...rest, [linesName]: Array.isArray(lines) ? lines.map((line) => renamed(line, inV2)) : [] };
}

function renamed(line: unknown, by: ReadonlyMap<string, string>): JsonObject {
  const fields = isObject(line) ? Object.entries(line) : [];
  return Object.fromEntries(fields.map(([name, value]) => [by.get(name) ?? name, value]));
}
