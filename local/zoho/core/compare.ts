import { parseIso } from "./clock.ts";
import { isObject, type Json } from "./json.ts";

export type Comparable = number | bigint | string | boolean | null;

const numbers = ["integer", "double", "currency", "percent"];

/** A value to compare: numbers and times as numbers, words without case, lookups by id, nothing as null. */
export function comparable(value: Json | undefined, dataType: string): Comparable {
  if (value === undefined || value === null || value === "") return null;
  if (isObject(value)) return typeof value.id === "string" ? value.id : null;
  const text = String(value);
  // Beyond 2^53 two neighbours are one number, and as text 9 comes after 10.
  if (dataType === "bigint") return /^-?\d+$/.test(text) ? BigInt(text) : text;
  if (typeof value === "boolean" || typeof value === "number") return value;
  if (dataType === "datetime") return parseIso(text) ?? text;
  if (dataType === "boolean") return text.toLowerCase() === "true";
  if (numbers.includes(dataType)) return Number(text);
  return text.toLowerCase();
}

/** Negative, zero or positive; undefined when the two cannot be ordered, as nothing is ordered against null. */
export function order(left: Comparable, right: Comparable): number | undefined {
  if (left === null || right === null || typeof left !== typeof right) return undefined;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
