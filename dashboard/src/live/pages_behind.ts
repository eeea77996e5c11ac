/** Pages that were read behind a first page, with that page as it was then. */
export interface PagesBehind<T> {
  /** Which list they are of. */
  list: string;
  /** From the first row of the first page to the last of those behind it. */
  items: T[];
  next: string | null;
}

/**
 * A list whose first page is read again and again, with what was read behind it. Newer rows push older ones off the first
 * page: these stay, from where the first page ends. A first page that has nothing in common with what was read is another
 * list (a new comparison, or a page full of new rows), and what was read behind the old one is dropped.
 */
export function joinPages<T>(
  first: { items: T[]; next: string | null },
  behind: PagesBehind<T> | undefined,
  keyOf: (item: T) => string,
): { items: T[]; next: string | null } {
  if (behind === undefined || first.next === null) return first;
  const shown = new Set(first.items.map(keyOf));
  const end = behind.items.findLastIndex((item) => shown.has(keyOf(item)));
  return end < 0 ? first : { items: [...first.items, ...behind.items.slice(end + 1)], next: behind.next };
}
