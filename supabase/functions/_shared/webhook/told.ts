import { isEmpty } from "../mapping/read.ts";
import type { Field } from "../mapping/record_type.ts";
import { recordTypeOf } from "../mapping/record_types.ts";
import type { Fields, FieldValue } from "../mapping/types.ts";
import { isRecord } from "../platform/is_record.ts";

/** What a delivery says of one record, as zoho_receive_hint takes it. */
export interface HintedRecord {
  id: string;
  modified_at: string | null;
  modified_by: string | null;
  /** Kept with the hint for people to read: values that name nobody. */
  told: Fields;
  /**
   * Every value told of fields that we write, to be compared with what is known and not kept; null where one of them cannot
   * be compared. An echo of our own write is known by them.
   */
  values: Fields | null;
}

/** Texts may hold a person's name, and lookups lead to one; a number that CircleTel gave names nobody. */
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

/** Reads what was told of a record; a value that no field can hold is dropped, and the hint is not. */
export function hintedRecord(module: string, id: string, data: Record<string, unknown>): HintedRecord {
  const values: Fields = {};
  const told: Fields = {};
  let isComparable = true;
  for (const [name, field] of comparedFields(module)) {
    if (!Object.hasOwn(data, name)) continue;
    const value = field.data_type === "lookup" ? readLookup(data[name]) : readValue(field, data[name]);
    // A Deal always has a stage: an empty one was left out by the sender.
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

/** A lookup by its id, given alone or with the name; a name without an id says nothing that could be compared. */
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

/** ISO-8601 with an offset, as Zoho writes it; anything else counts as not given. */
function readMoment(value: unknown): string | null {
  if (
    typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/.test(value)
  ) {
    return null;
  }
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/** Postgres keeps neither NUL nor half a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes("\u0000") && text.isWellFormed();
}
