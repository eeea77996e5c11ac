import { parseIso } from "./clock.ts";
import { isObject, type Json } from "./json.ts";

/** A value to compare: numbers and times as numbers, words without case, lookups by id, nothing as null. */
export function comparable(value: Json | undefined, dataType: string): number | string | boolean | null {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value === "boolean" || typeof value === "number") return value;
  if (isObject(value)) return typeof value.id === "string" ? value.id : null;
  const text = String(value);
  if (dataType === "datetime") return parseIso(text) ?? text;
  if (dataType === "boolean") return text.toLowerCase() === "true";
  if (["integer", "double", "currency", "percent"].includes(dataType)) return Number(text);
  return text.toLowerCase();
}

/** Negative, zero or positive; undefined when the two cannot be ordered, as nothing is ordered against null. */
export function order(
  left: number | string | boolean | null,
  right: number | string | boolean | null,
): number | undefined {
  if (left === null || right === null || typeof left !== typeof right) return undefined;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
