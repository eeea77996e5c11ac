import { isCalendarDate, parseIso } from "../core/clock.ts";
import { isObject, type Json } from "../core/json.ts";
import { type DataType, type Field, findOption } from "../org/field.ts";
import { lookupId } from "./lookups.ts";
import { invalid, type Problem } from "./problem.ts";
import type { WriteScope } from "./scope.ts";

export type Checked = { value: Json } | { problem: Problem };
type Check = (value: Json, field: Field, scope: WriteScope) => Checked;

const wrongType = (expected: string): Checked => ({ problem: invalid({ expected_data_type: expected }) });
const tooLong = (limit: number): Checked => ({ problem: invalid({ maximum_length: limit }) });

function words(expected: string, isWellFormed: (text: string) => boolean = () => true): Check {
  return (value, field) => {
    if (typeof value !== "string") return wrongType(expected);
    if (value.length > field.maxLength) return tooLong(field.maxLength);
    return isWellFormed(value) ? { value } : wrongType(expected);
  };
}

/** Zoho stores a number sent as text of digits too, as its own SDKs have always sent some. */
function number(expected: string, isFitting: (value: number, field: Field) => boolean): Check {
  return (value, field) => {
    const parsed = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof parsed !== "number" || !Number.isFinite(parsed)) return wrongType(expected);
    return isFitting(parsed, field) ? { value: parsed } : tooLong(field.maxLength);
  };
}

const digitsBefore = (value: number) =>
  Math.trunc(Math.abs(value)).toLocaleString("en", { useGrouping: false }).length;
const fitsWhole = (value: number, field: Field) => digitsBefore(value) <= field.maxLength;
const wholeNumber: Check = (value, field, scope) =>
  typeof value === "number" && !Number.isInteger(value)
    ? wrongType("integer")
    : number("integer", fitsWhole)(value, field, scope);

const datetime: Check = (value) => {
  if (typeof value !== "string" || parseIso(value) === undefined || /\.\d/.test(value)) {
    return wrongType("datetime");
  }
  return { value };
};

const bigint: Check = (value) => {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^-?\d{1,19}$/.test(text) ? { value: text } : wrongType("bigint");
};

/** An ordinary picklist takes an unknown value as a new one; `picklists: "refuse"` is the other reading of §7. */
const picklist: Check = (value, field, scope) => {
  if (typeof value !== "string") return wrongType("text");
  const isStage = field.apiName === "Stage" && !field.custom;
  const option = findOption(field, value, isStage ? scope.org.settings.stageValues : "either");
  if (option !== undefined) return { value: option.actual };
  if (!isStage && scope.org.settings.picklists === "accept") {
    return value.length > field.maxLength ? tooLong(field.maxLength) : { value };
  }
  const supported_values = field.options.map((known) => known.actual);
  return {
    problem: invalid({ supported_values }, isStage ? "Pipeline doesn't contain the Stage" : undefined),
  };
};

const multiPicklist: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === "string")
    ? { value }
    : wrongType("jsonarray");

const lookup: Check = (value, field, scope) => {
  const found = lookupId(value, field, scope);
  return "problem" in found ? found : { value: { id: found.id } };
};

const owner: Check = (value, _field, scope) => {
  const id = isObject(value) ? value.id : value;
  const known = Object.values(scope.org.users).some((user) => user.id === id);
  return known ? { value } : { problem: invalid({}, "the id given seems to be invalid") };
};

const checks: Partial<Record<DataType, Check>> = {
  text: words("text"),
  textarea: words("text"),
  email: words("email", (text) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)),
  phone: words("text", (text) => /^[\d\s()+.;,/*#x-]*$/i.test(text)),
  website: words("website"),
  picklist,
  multiselectpicklist: multiPicklist,
  date: words("date", isCalendarDate),
  datetime,
  integer: wholeNumber,
  bigint,
  double: number("double", fitsWhole),
  percent: number("double", () => true),
  currency: number("double", fitsWhole),
  boolean: (value) => typeof value === "boolean" ? { value } : wrongType("boolean"),
  lookup,
  ownerlookup: owner,
};

/** A value as it will be stored, or why it is refused. Null empties any field. */
export function checkValue(value: Json, field: Field, scope: WriteScope): Checked {
  if (value === null || value === "") return { value: null };
  return checks[field.dataType]?.(value, field, scope) ?? { value };
}
