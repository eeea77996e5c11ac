import type { Fields, FieldValue } from "../mapping/types.ts";

/** The projected fields that differ from the snapshot: what has to be sent. Empty means nothing is sent. */
export function diffFields(projection: Fields, snapshot: Fields): Fields {
  return Object.fromEntries(
    Object.entries(projection).filter(([name, value]) => !isSameValue(value, snapshot[name])),
  );
}

/** A field that Zoho was never told is as good as empty: a new null is no difference. */
export function isSameValue(a: FieldValue, b: FieldValue | undefined): boolean {
  if (isLookup(a) && isLookup(b)) return a.id === b.id;
  return a === (b ?? null);
}

function isLookup(value: FieldValue | undefined): value is { id: string } {
  return typeof value === "object" && value !== null;
}
