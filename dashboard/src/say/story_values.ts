import type { ShownValue } from "../api/answers.ts";

/** What a row of the log holds is read with care: an older function may have written it. */
export const textIn = (from: unknown): string | null => (typeof from === "string" ? from : null);

export function recordIn(from: unknown): Record<string, unknown> {
  return typeof from === "object" && from !== null && !Array.isArray(from)
    ? (from as Record<string, unknown>)
    : {};
}

export function fieldsIn(from: unknown): Record<string, ShownValue> {
  return recordIn(from) as Record<string, ShownValue>;
}

export function valueIn(from: unknown): ShownValue | undefined {
  return from === undefined || from === null ? undefined : (from as ShownValue);
}

export function listText(names: string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
