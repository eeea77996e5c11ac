import { columnsOf, isColumn, isRows, joinShapes, type Shape, type SourceOf } from "./columns.ts";
import { calendarDate } from "./dates.ts";
import type { EntityType, Fields, FieldValue, RecordLinks } from "./types.ts";

/** Which side decides a field of a record. Zoho decides every field that is not declared. */
export type Owner = "circletel" | "shared";

/** Zoho's module names; CircleTel's "Estimates" are the records of Quotes. */
export type Module = "Deals" | "Quotes" | "Invoices" | "Accounts" | "Contacts" | "Products";

/** What the tables of the sync call the records of a module. */
export type ZohoType = Exclude<Module, "Quotes"> | "Estimates";

/** A field as its metadata in the org should describe it (fields metadata page). */
export interface RequiredField {
  label: string;
  data_type: "text" | "picklist" | "date" | "currency" | "email" | "lookup" | "subform" | "bigint";
  /** Not in a new org: the setup makes it. */
  custom?: true;
  /** Only some orgs have it: it is written where it exists. */
  isOptional?: true;
  /** No two records may hold one value: a create whose answer was lost is found by it. */
  unique?: true;
  /** Characters of a custom text. */
  length?: number;
  /** The values of a picklist that we write, by actual_value. */
  values?: readonly string[];
}

/** A field of a record: what it is in Zoho, who decides it and what it is made of. */
export interface Field<S = object> extends Entry<S> {
  label: string;
}

/** The same as it is declared: without a label it is called in Zoho what its name says. */
interface Entry<S = object> extends Omit<RequiredField, "label"> {
  label?: string;
  /** `engine`: in no projection and not shown. */
  owner: Owner | "engine";
  /** The record is found by it. */
  isReference?: true;
  /** Zoho makes no record without it, or one that could not be found again. */
  isNeeded?: true;
  /** It names a person: masked in logs and reports. */
  isPersonal?: true;
  /** The columns that it is made of. */
  from: Shape;
  /** Absent of a field that is not projected: the merge decides the stage. */
  value?(source: S, how: How): FieldValue;
}

/** What a projection takes beside the source. */
export interface How {
  links: RecordLinks;
  /** IANA name; dates are calendar dates in it. */
  timeZone: string;
  /** The optional fields that the org has. */
  optional?: readonly string[];
}

type Declared<S extends Shape> = Omit<Entry, "owner" | "from" | "value"> & {
  owner?: Entry["owner"];
  from?: S;
  value?: (source: SourceOf<S>, how: How) => FieldValue;
};

/**
 * Declares a field: CircleTel's unless it says otherwise. One that is made of a single column and says no more is that column;
 * of a moment the day.
 */
export function field<const S extends Shape = Record<never, never>>(
  declared: Declared<S>,
): Omit<Entry<SourceOf<S>>, "from"> & { readonly from: S } {
  const { from = {} as S, owner = "circletel", value = columnValue(from) } = declared;
  return { ...declared, owner, from, ...(owner === "circletel" && value ? { value } : {}) };
}

/** The one column of a shape as a value; undefined for a shape of several or of none. */
function columnValue(from: Shape): ((source: object, how: How) => FieldValue) | undefined {
  const [[row, part] = [], other] = Object.entries(from);
  if (row === undefined || part === undefined || other !== undefined || isColumn(part) || isRows(part)) {
    return undefined;
  }
  const [[name, column] = [], second] = Object.entries(columnsOf(part));
  if (name === undefined || column === undefined || second !== undefined) return undefined;
  return (source, { timeZone }) => {
    const value: unknown = Reflect.get(Reflect.get(source, row), name);
    if (typeof value === "number") return value;
    if (typeof value !== "string") return null;
    return column.holds === "moment" ? calendarDate(value, timeZone) : value;
  };
}

/** The unique number that CircleTel gives a record. */
export const reference = {
  data_type: "text",
  custom: true,
  unique: true,
  length: 100,
  isReference: true,
  isNeeded: true,
} as const;

/** A picklist of these values, each once. */
export function picklist(values: Iterable<string>) {
  return { data_type: "picklist", values: [...new Set(values)] } as const;
}

/** What a kind of record is. Everything else about it follows from here. */
export interface RecordType<S = object> {
  module: Module;
  zohoType: ZohoType;
  /** Whose record it is; null for one that has no row of its own in CircleTel. */
  entityType: EntityType | null;
  /** Other records point to it: it is made sure of before them. */
  isPointedTo: boolean;
  fields: Readonly<Record<string, Field<S>>>;
  /** What its source has. */
  source: Shape;
  /** The field that it is found by. */
  reference: string;
  /** The line items, which no list shows: the field of a single record, and a module of their own. */
  lines: string | null;
  /** Its stage is shared with the status of its entity. */
  hasStage: boolean;
  /** The fields that are compared and shown, with who decides each. */
  owners: Readonly<Record<string, Owner>>;
}

type Joined<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;
/** A field that is made of nothing says nothing of the source. */
type Named<S> = string extends keyof S ? never : S;
type Shapes<F extends Readonly<Record<string, Entry>>> = {
  [Name in keyof F]: Named<F[Name]["from"]>;
}[keyof F];
type SourceOfFields<F extends Readonly<Record<string, Entry>>, A> = SourceOf<Joined<Shapes<F> | Named<A>>>;

/** The type of what a record is made of. */
export type SourceOfType<T> = T extends RecordType<infer S> ? S : never;

/** @param declared.also columns that no field is made of */
export function recordType<
  const F extends Readonly<Record<string, Entry>>,
  const A extends Shape = Record<never, never>,
  Z extends ZohoType = ZohoType,
  E extends EntityType | null = null,
>(
  declared:
    & Pick<RecordType, "module">
    & { zohoType: Z; entityType: E; isPointedTo?: true; also?: A; fields: F },
): RecordType<SourceOfFields<F, A>> & { zohoType: Z; entityType: E } {
  const { isPointedTo = false, also, fields: entries, ...names } = declared;
  const all = Object.entries<Entry>(entries).map(([name, entry]): [string, Field] => [
    name,
    { label: name.replaceAll("_", " "), ...entry },
  ]);
  const [reference] = all.find(([, { isReference }]) => isReference) ?? [];
  if (reference === undefined) throw new RangeError(`${declared.module} has no reference`);
  return {
    ...names,
    isPointedTo,
    fields: Object.fromEntries(all),
    source: joinShapes([...all.map(([, { from }]) => from), also ?? {}]),
    reference,
    lines: all.find(([, { data_type }]) => data_type === "subform")?.[0] ?? null,
    hasStage: all.some(([, { owner }]) => owner === "shared"),
    owners: Object.fromEntries(
      all.flatMap(([name, { owner }]) => owner === "engine" ? [] : [[name, owner]]),
    ),
  };
}

/**
 * The fields that CircleTel owns, as the record should hold them now; a shared one is the merge's to decide.
 * @throws RangeError when a Product of its lines has no id
 */
export function project<S>(type: RecordType<S>, source: S, how: How): Fields {
  return Object.fromEntries(
    Object.entries(type.fields).flatMap(([name, field]) =>
      field.value && (!field.isOptional || how.optional?.includes(name))
        ? [[name, field.value(source, how)]]
        : []
    ),
  );
}
