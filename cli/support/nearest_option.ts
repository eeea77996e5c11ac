/** The known option closest to a mistyped one. */
export function nearestOption(typed: string, options: readonly string[]): string | null {
  const [nearest] = options.toSorted((a, b) => distance(a, typed) - distance(b, typed));
  return nearest !== undefined && distance(nearest, typed) <= 2 ? nearest : null;
}

/** Letters that are to be put in, taken out or changed (Levenshtein), signs between words aside. */
export function distance(a: string, b: string): number {
  const [from, to] = [a, b].map((text) => text.toLowerCase().replaceAll(/[-_]/g, ""));
  if (from === undefined || to === undefined) return Infinity;
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      next.push(Math.min(
        (row[column + 1] ?? 0) + 1,
        (next[column] ?? 0) + 1,
        (row[column] ?? 0) + (letter === other ? 0 : 1),
      ));
    }
    row = next;
  }
  return row[to.length] ?? Infinity;
}
