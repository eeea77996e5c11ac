import { dealOwners, type Owner } from "../mapping/owners.ts";
import type { Fields } from "../mapping/types.ts";
import { isSameValue } from "../sync/diff.ts";
import type { FieldLine } from "./answers.ts";

/** What is known of both sides; absent is "not asked". */
export interface Sides {
  projection: Fields;
  snapshot: Fields;
  live?: Fields;
}

/**
 * Both sides field by field, in the order of the owners' table; what else the snapshot holds comes after it. A field of
 * which CircleTel asks nothing (a stage that agrees already) agrees.
 */
export function fieldLines(
  { projection, snapshot, live }: Sides,
  owners: Readonly<Record<string, Owner>> = dealOwners,
): FieldLine[] {
  const names = new Set([...Object.keys(owners), ...Object.keys(projection), ...Object.keys(snapshot)]);
  const held = live ?? snapshot;
  return [...names].map((field) => {
    const wanted = projection[field];
    return {
      field,
      owner: owners[field] ?? "zoho",
      ...of("circletel", projection, field),
      ...of("snapshot", snapshot, field),
      ...(live ? of("zoho", live, field) : {}),
      agrees: wanted === undefined || isSameValue(wanted, held[field]),
    };
  });
}

function of(side: "circletel" | "snapshot" | "zoho", fields: Fields, field: string): Partial<FieldLine> {
  const value = fields[field];
  return value === undefined ? {} : { [side]: value };
}
