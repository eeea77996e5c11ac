import { type ReactNode, useRef } from "react";
import { useStacked } from "./use_stacked.ts";

export interface TableColumn<T> {
  header: string;
  cell: (row: T) => ReactNode;
  /** Names the row for a screen reader; the first column unless said otherwise. */
  isHeader?: boolean;
  right?: boolean;
  className?: string;
  /** The header is for screen readers only, as over checkboxes. */
  quietHeader?: boolean;
}

interface Props<T> {
  /** For screen readers: what the table is. */
  caption: string;
  columns: TableColumn<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  rowClass?: (row: T) => string | undefined;
}

/** Roles are said in full, because a stacked table (where it does not fit) would lose those of its elements. */
export function Table<T>({ caption, columns, rows, rowKey, rowClass }: Props<T>) {
  const table = useRef<HTMLTableElement>(null);
  const isStacked = useStacked(table, columns.length, rows);
  const named = Math.max(
    0,
    columns.findIndex(({ isHeader }) => isHeader),
  );
  return (
    <table ref={table} className="table" role="table" data-stacked={isStacked}>
      <caption className="hidden-text">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ header, right, quietHeader }) => (
            <th key={header} scope="col" role="columnheader" className={right ? "right" : undefined}>
              {quietHeader ? <span className="hidden-text">{header}</span> : header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={rowKey(row)} role="row" className={rowClass?.(row)}>
            {columns.map(({ header, cell, right, className, quietHeader }, index) => {
              const Cell = index === named ? "th" : "td";
              const classes = [right && "right number", className].filter(Boolean).join(" ");
              return (
                <Cell
                  key={header}
                  role={index === named ? "rowheader" : "cell"}
                  {...(index === named && { scope: "row" })}
                  className={classes || undefined}
                  data-label={quietHeader ? "" : header}
                >
                  {cell(row)}
                </Cell>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
