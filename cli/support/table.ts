/** Columns as wide as their widest cell, two spaces apart; what a colour adds takes no room. */
export function textTable(rows: readonly (readonly string[])[], indent = ""): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from(
    { length: columns },
    (_, column) => Math.max(...rows.map((row) => visibleLength(row[column] ?? ""))),
  );
  return rows
    .map((row) =>
      (indent + row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - visibleLength(cell)))
        .join("  ")).trimEnd()
    )
    .join("\n");
}

function visibleLength(text: string): number {
  // deno-lint-ignore no-control-regex -- a colour begins with the escape character
  return [...text.replaceAll(/\x1b\[\d+m/g, "")].length;
}
