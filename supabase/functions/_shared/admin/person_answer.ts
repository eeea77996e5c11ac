// POST /people/export, POST /people/erase

export interface PersonExportAnswer {
  /** Whole rows that name the customer, by table. */
  held: Record<string, unknown[]>;
}

export interface PersonErasedAnswer {
  /** How many rows were changed, by table. */
  erased: Record<string, number>;
}
