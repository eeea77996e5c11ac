/**
 * What a column of a source holds, as data: what is checked of the database's answer and the types of the projections both
 * follow from it. NULL is known in every column in which production allows it; what it means is decided where the column is
 * projected.
 */
export interface Column {
  readonly holds: "text" | "number" | "date" | "moment";
  /** The values that are known; of a text. */
  readonly values?: readonly string[];
  readonly isNullable: boolean;
  /** Never an empty text: a record is found by it. */
  readonly isFilled?: true;
}

export const text = { holds: "text", isNullable: true } as const;
export const number = { holds: "number", isNullable: true } as const;
export const date = { holds: "date", isNullable: true } as const;
export const moment = { holds: "moment", isNullable: true } as const;
/** The number that a record is found by. */
export const key = { holds: "text", isNullable: false, isFilled: true } as const;

export function oneOf<const V extends readonly string[]>(values: V) {
  return { holds: "text", isNullable: true, values } as const;
}

/** The same, where NULL is not allowed. */
export function required<const C extends Column>(
  column: C,
): Omit<C, "isNullable"> & { readonly isNullable: false } {
  return { ...column, isNullable: false };
}

type Columns = Readonly<Record<string, Column>>;

/** A row that may be absent, and a list of rows. */
export interface Rows<C extends Columns = Columns, K extends "maybe" | "many" = "maybe" | "many"> {
  readonly rows: K;
  readonly columns: C;
}

export function maybe<const C extends Columns>(columns: C): Rows<C, "maybe"> {
  return { rows: "maybe", columns };
}

export function many<const C extends Columns>(columns: C): Rows<C, "many"> {
  return { rows: "many", columns };
}

/** What a source has, by name: a row's columns, rows, or a column that belongs to none. */
export type Shape = Readonly<Record<string, Columns | Rows | Column>>;

type Known<C> = C extends { holds: "number" } ? number
  : C extends { values: readonly (infer V)[] } ? V
  : string;
type ValueOf<C> = C extends { isNullable: false } ? Known<C> : Known<C> | null;
type RowOf<C> = { -readonly [Name in keyof C]: ValueOf<C[Name]> };
type Held<P> = P extends { holds: string } ? ValueOf<P>
  : P extends { rows: "maybe"; columns: infer C } ? RowOf<C> | null
  : P extends { rows: "many"; columns: infer C } ? RowOf<C>[]
  : RowOf<P>;

/** The type of what the database answers for a shape. */
export type SourceOf<S> = { -readonly [Name in keyof S]: Held<S[Name]> };

export function isColumn(part: Shape[string]): part is Column {
  return "holds" in part && typeof part.holds === "string";
}

export function isRows(part: Shape[string]): part is Rows {
  return "rows" in part && typeof part.rows === "string";
}

/** The columns of one part of a shape; of a column that belongs to no row, none. */
export function columnsOf(part: Shape[string]): Columns {
  if (isColumn(part)) return {};
  return isRows(part) ? part.columns : part;
}

/** CircleTel's tables by what a source calls their rows. */
const tables: Readonly<Record<string, string>> = {
  contract: "contracts",
  quote: "business_quotes",
  items: "business_quote_items",
  kyc: "kyc_sessions",
  rica: "rica_submissions",
  invoice: "customer_invoices",
  customer: "customers",
};

/** The columns of a shape as people know them: "contracts.status"; one of no row is the source's own. */
export function columnNames(shape: Shape): string[] {
  return Object.entries(shape).flatMap(([name, part]) =>
    isColumn(part)
      ? [name]
      : Object.keys(columnsOf(part)).map((column) => `${tables[name] ?? name}.${column}`)
  );
}

/** All that several shapes have. */
export function joinShapes(shapes: readonly Shape[]): Shape {
  const joined: Record<string, Shape[string]> = {};
  for (const [name, part] of shapes.flatMap((shape) => Object.entries(shape))) {
    const columns = { ...columnsOf(joined[name] ?? part), ...columnsOf(part) };
    joined[name] = isColumn(part) ? part : isRows(part) ? { ...part, columns } : columns;
  }
  return joined;
}
