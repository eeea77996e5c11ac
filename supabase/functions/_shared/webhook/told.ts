import { isEmpty } from "../mapping/read.ts";
import type { Field } from "../mapping/record_type.ts";
import { recordTypeOf } from "../mapping/record_types.ts";
import type { Fields, FieldValue } from "../mapping/types.ts";
import { isRecord } from "../platform/is_record.ts";

/** A delivery's values for one record, in the form of zoho_receive_hint. */
export interface HintedRecord {
  id: string;
  modified_at: string | null;
  modified_by: string | null;
  /** Stored with the hint for people to read: values that do not name a person. */
  told: Fields;
  /**
   * The values of fields that we write, compared with known values and not stored; null if one of them cannot
   * be compared. They identify an echo of our own write.
   */
  values: Fields | null;
}

/** Texts and lookups may name a person; numbers issued by CircleTel do not. */
function isKept({ data_type, isReference, isPersonal }: Field): boolean {
  return isReference === true || !isPersonal && data_type !== "text" && data_type !== "lookup";
}

/** The fields that we write of an entity's record. Events carry no line items (notification page). */
function comparedFields(module: string): [string, Field][] {
  const type = recordTypeOf(module);
  if (type === null || type.entityType === null) return [];
  return Object.entries(type.fields).filter(([, { owner, data_type }]) =>
    owner !== "engine" && data_type !== "subform"
  );
}

/** Reads a delivery's values; an invalid value is dropped, but the hint is kept. */
export function hintedRecord(module: string, id: string, data: Record<string, unknown>): HintedRecord {
  const values: Fields = {};
  const told: Fields = {};
  let isComparable = true;
  for (const [name, field] of comparedFields(module)) {
    if (!Object.hasOwn(data, name)) continue;
    const value = field.data_type === "lookup" ? readLookup(data[name]) : readValue(field, data[name]);
    // A Deal always has a stage: an empty one means that the sender left it out.
    if (value === undefined || field.owner === "shared" && value === null) isComparable = false;
    else {
      values[name] = value;
      if (isKept(field)) told[name] = value;
    }
  }
  return {
    id,
    modified_at: readMoment(ownValue(data, "Modified_Time")),
    modified_by: readId(ownValue(data, "Modified_By")),
    told,
    values: isComparable ? values : null,
  };
}

function ownValue(data: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(data, name) ? data[name] : undefined;
}

/** A lookup by its id, given alone or with the name; a name without an id cannot be compared. */
function readLookup(value: unknown): FieldValue | undefined {
  if (isEmpty(value)) return null;
  const id = readId(value);
  return id === null ? undefined : { id };
}

const longestText = 2000;

function readValue({ data_type }: Field, value: unknown): FieldValue | undefined {
  if (isEmpty(value)) return null;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "boolean") return value;
  if (typeof value !== "string" || value.length > longestText || !isStorable(value)) return undefined;
  // A Deluge map turned to text may quote its numbers.
  return data_type === "currency" && /^-?\d{1,16}(\.\d{1,9})?$/.test(value) ? Number(value) : value;
}

/** The id of a lookup or user: `{id, name}`, or the id itself. */
function readId(value: unknown): string | null {
  const id = isRecord(value) ? ownValue(value, "id") : value;
  return typeof id === "string" && /^\d{1,30}$/.test(id) ? id : null;
}

/** ISO-8601 with an offset, as Zoho writes it; anything else counts as absent. */
function readMoment(value: unknown): string | null {
  if (
    typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/.test(value)
  ) {
    return null;
  }
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/** Postgres stores neither NUL nor half a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes("\u0000") && text.isWellFormed();
}
