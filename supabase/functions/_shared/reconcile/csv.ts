import { csvLine } from "../platform/csv.ts";
import type { Difference } from "./compare.ts";

export interface ReportRow {
  verdict: string;
  reason: string;
  entity_type: string;
  entity_id: string | null;
  reference: string | null;
  zoho_type: string;
  zoho_id: string | null;
  fields: Record<string, Difference>;
  repaired_at: string | null;
}

const columns = [
  "verdict",
  "reason",
  "entity_type",
  "entity_id",
  "reference",
  "zoho_type",
  "zoho_id",
  "field",
  "circletel",
  "zoho",
  "repaired_at",
] as const;

/** RFC 4180: a header, CRLF after every line. */
export const csvHeader = csvLine([...columns]);

/** A line for each field that differs, or one without a field. */
export function csvLines(row: ReportRow): string {
  const before = [
    row.verdict,
    row.reason,
    row.entity_type,
    row.entity_id,
    row.reference,
    row.zoho_type,
    row.zoho_id,
  ];
  const differences = Object.entries(row.fields);
  if (differences.length === 0) return csvLine([...before, null, null, null, row.repaired_at]);
  return differences
    .map(([name, { zoho, circletel }]) => csvLine([...before, name, circletel, zoho, row.repaired_at]))
    .join("");
}
