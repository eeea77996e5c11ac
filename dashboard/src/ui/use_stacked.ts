import { type RefObject, useLayoutEffect, useRef, useState } from "react";

/** Narrower than this a column is hard to read, whatever it holds. */
const leastColumn = 90;

/**
 * Whether a table is to be shown as blocks, one for each row, because its columns do not fit beside each other. No page
 * scrolls sideways, whatever a cell holds: the table is measured before it is painted.
 */
export function useStacked(
  table: RefObject<HTMLTableElement | null>,
  columns: number,
  rows: unknown,
): boolean {
  const [isStacked, setStacked] = useState(() => innerWidth < columns * leastColumn);
  const needed = useRef(columns * leastColumn);

  useLayoutEffect(() => {
    const shown = table.current;
    const box = shown?.parentElement;
    if (!shown || !box) return;
    const look = () => {
      const { clientWidth } = box;
      const isTooWide = shown.dataset.stacked !== "true" && shown.scrollWidth > clientWidth;
      if (isTooWide) {
        needed.current = Math.max(needed.current, shown.scrollWidth);
      }
      setStacked(clientWidth < needed.current);
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(box);
    return () => observer.disconnect();
  }, [table, rows]);
  return isStacked;
}
