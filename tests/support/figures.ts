/** One measured figure, and what it is compared with in the same run. */
export interface Figure {
  what: string;
  measured: string;
  /** The baseline or the goal, and whether it was reached. */
  beside: string;
}

export function printTable(title: string, figures: Figure[]): void {
  const columns: (keyof Figure)[] = ["what", "measured", "beside"];
  const widths = columns.map((column) =>
    Math.max(column.length, ...figures.map((row) => row[column].length))
  );
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  console.log(`\n### ${title}\n`);
  console.log(line(columns));
  console.log(`|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`);
  for (const row of figures) console.log(line(columns.map((column) => row[column])));
}

export function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export const median = (values: number[]): number => quantile(values, 0.5);

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

export function goal(reached: boolean, text: string): string {
  return `goal ${text}: ${reached ? "reached" : "MISSED"}`;
}
