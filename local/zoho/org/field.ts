export type DataType =
  | "text"
  | "textarea"
  | "email"
  | "phone"
  | "website"
  | "picklist"
  | "multiselectpicklist"
  | "date"
  | "datetime"
  | "integer"
  | "bigint"
  | "double"
  | "currency"
  | "percent"
  | "boolean"
  | "lookup"
  | "ownerlookup"
  | "subform"
  | "autonumber"
  | "formula";

export interface PickOption {
  id: string;
  display: string;
  actual: string;
}

export interface ModuleField {
  id: string;
  apiName: string;
  label: string;
  dataType: DataType;
  maxLength: number;
  custom: boolean;
  /** Refused without a value on insert, always. */
  mandatory: boolean;
  /** Starred on the layout: enforced through the API only when the record names its Layout (facts §7). */
  layoutMandatory: boolean;
  readOnly: boolean;
  unique: { caseSensitive: boolean } | null;
  external: "org" | "user" | null;
  options: PickOption[];
  /** Module a lookup points at. */
  lookup: string | null;
}

/** A field before it has ids. */
export interface FieldSeed {
  apiName: string;
  label: string;
  dataType: DataType;
  maxLength?: number;
  custom?: boolean;
  mandatory?: boolean;
  layoutMandatory?: boolean;
  readOnly?: boolean;
  unique?: { caseSensitive: boolean };
  external?: "org" | "user";
  /** A plain word is both values; a pair is [actual, display]. */
  options?: (string | readonly [string, string])[];
  lookup?: string;
}

/** Longest value per type (facts §7). */
const lengths: Partial<Record<DataType, number>> = {
  text: 255,
  textarea: 32_000,
  email: 100,
  phone: 30,
  website: 450,
  picklist: 120,
  integer: 9,
  currency: 16,
  bigint: 18,
  double: 16,
};

export function fieldFromSeed(seed: FieldSeed, nextId: () => string): ModuleField {
  return {
    id: nextId(),
    apiName: seed.apiName,
    label: seed.label,
    dataType: seed.dataType,
    maxLength: seed.maxLength ?? lengths[seed.dataType] ?? 255,
    custom: seed.custom ?? false,
    mandatory: seed.mandatory ?? false,
    layoutMandatory: seed.layoutMandatory ?? false,
    readOnly: seed.readOnly ?? (seed.dataType === "formula" || seed.dataType === "autonumber"),
    unique: seed.unique ?? null,
    external: seed.external ?? null,
    options: (seed.options ?? []).map((option) => ({
      id: nextId(),
      actual: typeof option === "string" ? option : option[0],
      display: typeof option === "string" ? option : option[1],
    })),
    lookup: seed.lookup ?? null,
  };
}

/** The option a written value means: by its actual value, by what people see, or by the first of them that fits. */
export function findOption(
  field: ModuleField,
  value: string,
  by: "either" | "actual" | "display",
): PickOption | undefined {
  const exact = by === "display" ? undefined : field.options.find((option) => option.actual === value);
  if (exact !== undefined || by === "actual") return exact;
  return field.options.find((option) => option.display === value);
}
