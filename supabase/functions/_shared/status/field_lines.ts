import { maskFields } from "../mapping/mask.ts";
import type { Owner } from "../mapping/record_type.ts";
import type { Fields } from "../mapping/types.ts";
import { isSameValue, type ValueRules } from "../merge/values.ts";
import type { FieldLine } from "./field_line.ts";

/** The known values of both sides; absent means "not read". */
export interface Sides {
  projection: Fields;
  snapshot: Fields;
  live?: Fields;
}

/**
 * Both sides field by field, in the order of the owners' table. They are compared as the merge compares them, unmasked, and
 * shown masked where they name a person. A field without a value of CircleTel's (a stage that already agrees) agrees.
 */
export function fieldLines(
  { projection, snapshot, live }: Sides,
  owners: Readonly<Record<string, Owner>>,
  rules: ValueRules,
): FieldLine[] {
  const names = new Set([...Object.keys(owners), ...Object.keys(projection), ...Object.keys(snapshot)]);
  const held = live ?? snapshot;
  return [...names].map((field) => {
    const wanted = projection[field];
    return {
      field,
      owner: owners[field] ?? "zoho",
      ...shown("circletel", projection, field),
      ...shown("snapshot", snapshot, field),
      ...(live ? shown("zoho", live, field) : {}),
      agrees: wanted === undefined || isSameValue(field, wanted, held[field], rules),
    };
  });
}

function shown(side: "circletel" | "snapshot" | "zoho", fields: Fields, field: string): Partial<FieldLine> {
  const value = fields[field];
  return value === undefined ? {} : { [side]: maskFields({ [field]: value })[field] ?? null };
}
