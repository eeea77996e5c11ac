import { isCalendarDate, parseIso } from "../core/clock.ts";
import { isObject, type Json } from "../core/json.ts";
import { type DataType, findOption, type ModuleField } from "../org/field.ts";
import type { OrgSettings } from "../org/settings.ts";
import { isActive } from "../org/users.ts";
import { resolveLookup } from "./lookups.ts";
import { inId, invalid, type Problem } from "./problem.ts";
import { savedText } from "./saved_text.ts";
import type { WriteScope } from "./scope.ts";

export type Checked = { value: Json } | { problem: Problem };
type Check = (value: Json, field: ModuleField, scope: WriteScope) => Checked;

const wrongType = (expected: string): Checked => ({ problem: invalid({ expected_data_type: expected }) });
const tooLong = (limit: number): Checked => ({ problem: invalid({ maximum_length: limit }) });

function words(expected: string, isWellFormed: (text: string) => boolean = () => true): Check {
  return (value, field, { org }) => {
    if (typeof value !== "string") return wrongType(expected);
    const text = savedText(value, org.settings);
    if (text.length > field.maxLength) return tooLong(field.maxLength);
    if (text === "") return { value: null };
    return isWellFormed(text) ? { value: text } : wrongType(expected);
  };
}

/** Zoho stores a number sent as text of digits too, as its own SDKs have always sent some. */
function number(expected: string, isFitting: (value: number, field: ModuleField) => boolean): Check {
  return (value, field) => {
    const parsed = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof parsed !== "number" || !Number.isFinite(parsed)) return wrongType(expected);
    return isFitting(parsed, field) ? { value: parsed } : tooLong(field.maxLength);
  };
}

const digitsBefore = (value: number) =>
  Math.trunc(Math.abs(value)).toLocaleString("en", { useGrouping: false }).length;
const fitsWhole = (value: number, field: ModuleField) => digitsBefore(value) <= field.maxLength;
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

/** Kept as text, so that no digit beyond 2^53 is lost. */
const bigint: Check = (value, field) => {
  const text = typeof value === "number" ? wholeText(value) : value;
  if (typeof text !== "string" || !/^-?\d+$/.test(text)) return wrongType("bigint");
  const exact = BigInt(text).toString();
  return exact.replace("-", "").length <= field.maxLength ? { value: exact } : tooLong(field.maxLength);
};

const wholeText = (value: number) => Number.isSafeInteger(value) ? String(value) : undefined;

/** An ordinary picklist takes an unknown value as a new one; `picklists: "refuse"` is the other reading of §7. */
const picklist: Check = (value, field, { org: { settings }, actor }) => {
  if (typeof value !== "string") return wrongType("text");
  const rules = listRules(field, settings);
  const option = findOption(field, value, actor === "api" ? settings.picklistWrites : "either");
  if (option !== undefined) return { value: option.actual };
  if (rules.isOpen) return value.length > field.maxLength ? tooLong(field.maxLength) : { value };
  const by = settings.picklistWrites === "display" ? "display" : "actual";
  return { problem: invalid({ supported_values: field.options.map((known) => known[by]) }, rules.message) };
};

/** Whether a list takes what is not in it. Stages and pipelines have rules of their own (facts §5, "Deals specials"). */
function listRules(field: ModuleField, settings: OrgSettings): { isOpen: boolean; message?: string } {
  if (field.custom || !closedLists.has(field.apiName)) return { isOpen: settings.picklists === "accept" };
  if (field.apiName !== "Stage") return { isOpen: false, message: closedLists.get(field.apiName) };
  const isOpen = settings.pipelines === "off" && settings.unlistedStages === "store";
  return { isOpen, message: closedLists.get("Stage") };
}

const closedLists = new Map([
  ["Stage", "Pipeline doesn't contain the Stage"],
  ["Pipeline", "Layout doesn't contain the Pipeline"],
  ["Currency", "invalid data"],
]);

const multiPicklist: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === "string")
    ? { value }
    : wrongType("jsonarray");

const lookup: Check = (value, field, scope) => {
  const found = resolveLookup(value, field, scope);
  return "problem" in found ? found : { value: { id: found.id } };
};

const owner: Check = (value, _field, { org }) => {
  const id = isObject(value) ? value.id : value;
  const known = Object.values(org.users).find((user) => user.id === id);
  const refusesInactive = org.settings.inactiveOwner === "refuse";
  if (known === undefined) return { problem: inId(invalid({}, "the id given seems to be invalid")) };
  if (refusesInactive && !isActive(org, known)) {
    return { problem: inId(invalid({}, "the user given is inactive")) };
  }
  return { value };
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
export function checkValue(value: Json, field: ModuleField, scope: WriteScope): Checked {
  if (value === null || value === "") return { value: null };
  return checks[field.dataType]?.(value, field, scope) ?? { value };
}
