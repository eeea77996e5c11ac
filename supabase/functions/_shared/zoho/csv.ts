/** A CSV as bulk write reads it: commas, CRLF, quotes doubled inside of quotes (RFC 4180). */
export function toCsv(rows: Iterable<string[]>): string {
  const lines: string[] = [];
  for (const row of rows) lines.push(row.map(quote).join(","));
  return lines.join("\r\n") + "\r\n";
}

function quote(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** The rows of a CSV; empty lines are none. */
export function parseCsv(text: string): string[][] {
  // A byte order mark is not part of the first column's name.
  const input = text.replace(/^\uFEFF/, "");
  const rows: string[][] = [];
  const cell = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n|\n|\r|$)/gy;
  let row: string[] = [];
  while (cell.lastIndex < input.length || row.length > 0) {
    const [, raw = "", end = ""] = cell.exec(input) ?? [];
    row.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    if (end === "") break;
  }
  return rows;
}
