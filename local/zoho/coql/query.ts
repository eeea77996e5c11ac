export type Literal = string | number | boolean | null;

export type Operator =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "like"
  | "not like"
  | "in"
  | "not in"
  | "between"
  | "is";

export interface Test {
  kind: "test";
  field: string;
  operator: Operator | "is not" | "not between";
  values: Literal[];
}

export type Where = Test | { kind: "and" | "or"; parts: Where[] };

export interface Selected {
  field: string;
  /** `COUNT(id)` and its like. */
  aggregate: string | null;
  alias: string | null;
}

export interface Query {
  select: Selected[];
  from: string;
  where: Where;
  orderBy: { field: string; descending: boolean }[];
  offset: number;
  limit: number;
}
