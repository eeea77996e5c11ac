/** A Zoho field value: text, number, date text, or a lookup by id. */
export type ShownValue = string | number | boolean | null | { id: string } | ShownValue[] | {
  [key: string]: ShownValue;
};

export type FieldSide = "circletel" | "shared" | "zoho";

export interface FieldLine {
  /** Zoho's api_name. */
  field: string;
  owner: FieldSide;
  /** The value Zoho should have: CircleTel's projection. Null is "empty"; absent when CircleTel has no value for the field. */
  circletel?: ShownValue;
  /** What Zoho last confirmed. */
  snapshot?: ShownValue;
  /** Zoho's present value; only with live=true. */
  zoho?: ShownValue;
  /** Whether CircleTel and Zoho (live if requested, else the snapshot) agree. */
  agrees: boolean;
}
