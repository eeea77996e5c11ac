import { calendarDate } from "../mapping/dates.ts";
import type { RequiredField } from "../mapping/record_type.ts";
import type { FieldValue } from "../mapping/types.ts";

/** An option of a picklist, as the field's metadata lists it. */
export interface PicklistOption {
  actual: string;
  displayed: string;
}

/** What is known of the fields of a module; a field that is not named is compared by its value's own type. */
export interface ValueRules {
  types: Readonly<Record<string, RequiredField["data_type"]>>;
  options: Readonly<Record<string, readonly PicklistOption[]>>;
  /** IANA name; a moment is a date in it. */
  timeZone: string;
  /** The optional fields that the org has. */
  optional?: readonly string[];
}

/** Half a cent: Zoho keeps a currency with the org's number of decimals. */
const sameAmount = 0.005;

/**
 * Whether two values of a field mean the same.
 *
 * | value | same when |
 * |---|---|
 * | empty | null, not told, blank text and "-None-" are one |
 * | number | the same to the cent |
 * | date | the same day, of a moment the day in the business's time zone |
 * | picklist | the same option by actual or displayed value, or the same folded spelling |
 * | e-mail | the same but for case |
 * | lookup | the same id |
 * | text | as Zoho stores it: trimmed, line ends alike |
 */
export function isSameValue(
  name: string,
  a: FieldValue | undefined,
  b: FieldValue | undefined,
  rules: ValueRules,
): boolean {
  const left = storedValue(a);
  const right = storedValue(b);
  if (left === right) return true;
  if (left === null || right === null) return false;
  if (typeof left === "object" && typeof right === "object") return left.id === right.id;
  if (typeof left === "number" && typeof right === "number") {
    return Math.abs(left - right) < sameAmount;
  }
  if (typeof left !== "string" || typeof right !== "string") return false;
  const type = Object.hasOwn(rules.types, name) ? rules.types[name] : undefined;
  if (type === "picklist") return isSameOption(left, right, optionsOf(name, rules));
  if (type === "email") return left.toLowerCase() === right.toLowerCase();
  if (type === "date") return dayOf(left, rules.timeZone) === dayOf(right, rules.timeZone);
  return false;
}

export function optionsOf(name: string, { options }: ValueRules): readonly PicklistOption[] {
  return Object.hasOwn(options, name) ? options[name] ?? [] : [];
}

/** Case, hyphens and spaces do not matter: "Closed-Lost to Competition" is "Closed Lost to Competition". */
function foldOption(value: string): string {
  return value.toLowerCase().replace(/[\s\-_\u2010-\u2015]+/g, "");
}

/**
 * The names of a picklist's value, folded: the option's actual value, then what was read, then its displayed value.
 * An administrator can change only what is displayed, so where the two say different things the actual value decides.
 */
export function namesOfOption(value: string, options: readonly PicklistOption[]): string[] {
  const folded = foldOption(value);
  const option = options.find(({ actual }) => foldOption(actual) === folded) ??
    options.find(({ displayed }) => foldOption(displayed) === folded);
  if (option === undefined) return [folded];
  return [...new Set([foldOption(option.actual), folded, foldOption(option.displayed)])];
}

/** Whether two values name one option. */
export function isSameOption(a: string, b: string, options: readonly PicklistOption[]): boolean {
  return namesOfOption(a, options)[0] === namesOfOption(b, options)[0];
}

/** Zoho trims texts, keeps one kind of line end, and reads "-None-" where nothing is chosen. */
function storedValue(value: FieldValue | undefined): FieldValue {
  if (typeof value !== "string") return value ?? null;
  const text = value.replace(/\r\n?/g, "\n").trim();
  return text === "" || text === "-None-" ? null : text;
}

const plainDate = /^\d{4}-\d\d-\d\d$/;

/** A date as it is, a moment as the day it falls on; other text as it is. */
function dayOf(text: string, timeZone: string): string {
  if (plainDate.test(text) || Number.isNaN(Date.parse(text))) return text;
  return calendarDate(text, timeZone);
}
