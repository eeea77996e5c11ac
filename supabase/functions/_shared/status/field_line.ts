/** A Zoho field value: text, number, date text, or a lookup by id. */
export type ShownValue = string | number | boolean | null | { id: string } | ShownValue[] | {
  [key: string]: ShownValue;
};

export type FieldSide = "circletel" | "shared" | "zoho";

export interface FieldLine {
  /** Zoho's api_name. */
  field: string;
  owner: FieldSide;
  /** What Zoho should hold now: CircleTel's projection. Null is "empty"; absent when nothing is asked of the field. */
  circletel?: ShownValue;
  /** What Zoho last confirmed. */
  snapshot?: ShownValue;
  /** What Zoho holds at this moment; only with live=true. */
  zoho?: ShownValue;
  /** Whether CircleTel and Zoho (live when asked, else the snapshot) say the same. */
  agrees: boolean;
}
