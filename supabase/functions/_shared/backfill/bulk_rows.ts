import type { Fields, FieldValue } from "../mapping/types.ts";
import { toCsv } from "../zoho/csv.ts";

export interface BulkRow {
  position: number;
  fields: Fields;
}

/** The fields that any of the rows has, in the order in which they are first met. */
export function columnsOf(rows: BulkRow[]): string[] {
  const names = new Set<string>();
  for (const { fields } of rows) for (const name of Object.keys(fields)) names.add(name);
  return [...names];
}

/** The file of a bulk job, its header the fields' names. */
export function bulkCsv(rows: BulkRow[], columns: string[]): string {
  return toCsv([columns, ...rows.map(({ fields }) => columns.map((name) => cell(fields[name])))]);
}

function cell(value: FieldValue | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? value.id : String(value);
}
