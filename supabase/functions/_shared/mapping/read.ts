import { dealOwners } from "./owners.ts";
import type { Fields, FieldValue } from "./types.ts";

/** The projected fields of a Deal as Zoho answers it, in the form of a snapshot: lookups by id, empty as null. */
export function readDeal(record: Record<string, unknown>): Fields {
  const fields: Fields = {};
  for (const name of Object.keys(dealOwners)) {
    if (Object.hasOwn(record, name)) fields[name] = readField(record[name]);
  }
  return fields;
}

/** Zoho's picklists read "-None-" where nothing is chosen. */
const emptyValues: unknown[] = [null, undefined, "", "-None-"];

function readField(value: unknown): FieldValue {
  if (emptyValues.includes(value)) return null;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : null;
  return typeof id === "string" ? { id } : null;
}
