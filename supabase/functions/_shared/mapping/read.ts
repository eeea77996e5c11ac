import { heldLinesText } from "./lines.ts";
import { lookupId } from "./lookup.ts";
import type { Fields, FieldValue } from "./types.ts";

/**
 * The fields of a record as Zoho answers it that we project, in the form of a snapshot: lookups by id, empty as
 * null, line items as one text.
 */
export function readRecord(names: Iterable<string>, record: Record<string, unknown>): Fields {
  const fields: Fields = {};
  for (const name of names) {
    if (Object.hasOwn(record, name)) fields[name] = readField(record[name]);
  }
  return fields;
}

/** Zoho's picklists read "-None-" where nothing is chosen. */
export function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === "" || value === "-None-";
}

function readField(value: unknown): FieldValue {
  if (isEmpty(value)) return null;
  if (Array.isArray(value)) return heldLinesText(value);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  const id = lookupId(value);
  return id === null ? null : { id };
}
