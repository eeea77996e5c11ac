import { isRecord } from "./is_record.ts";

/** One line of RFC 4180, CRLF at its end. */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvCell).join(",")}\r\n`;
}

/**
 * A text that a spreadsheet would take for a formula gets an apostrophe in front: sellers may write what they like into a
 * Deal, and the report is opened by an admin (OWASP, CSV injection).
 */
function csvCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = textOf(value);
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A lookup is its id; anything else that is no text is written as JSON. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return isRecord(value) && typeof value.id === "string" ? value.id : JSON.stringify(value);
}
