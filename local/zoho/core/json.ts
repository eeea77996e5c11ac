/** Plain JSON, as it crosses the wire. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Two JSON values with the same content, whatever the order of their keys. */
export function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((value, index) => sameJson(value, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => sameJson(left[key], right[key]));
}

const longNumber = /[[:,\s]-?\d{16,}/;

/**
 * The text parsed, or undefined when it is not JSON. A whole number that a double cannot hold becomes a text of its
 * digits, as Zoho keeps all of them.
 */
export function parseJson(text: string): Json | undefined {
  try {
    return (longNumber.test(text) ? JSON.parse(text, exactly) : JSON.parse(text)) as Json;
  } catch {
    return undefined;
  }
}

function exactly(_key: string, value: unknown, context?: { source?: string }): unknown {
  const isInexact = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isInexact ? context?.source ?? value : value;
}
