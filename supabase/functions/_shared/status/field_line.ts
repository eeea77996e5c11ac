/** A Zoho field value: text, number, date text, or a lookup by id. */
export type FieldValue = string | number | boolean | null | { id: string } | FieldValue[] | {
  [key: string]: FieldValue;
};

export type Owner = "circletel" | "shared" | "zoho";

export interface FieldLine {
  /** Zoho's api_name. */
  field: string;
  owner: Owner;
  /** What Zoho should hold now: CircleTel's projection. Null is "empty"; absent when nothing is asked of the field. */
  circletel?: FieldValue;
  /** What Zoho last confirmed. */
  snapshot?: FieldValue;
  /** What Zoho holds at this moment; only with live=true. */
  zoho?: FieldValue;
  /** Whether CircleTel and Zoho (live when asked, else the snapshot) say the same. */
  agrees: boolean;
}
