/** What the merge would do about one entity, with Zoho as it is now. */
export interface PreviewedChange {
  entityType: string;
  entityId: string;
  /** As of an event; or the code of a refusal. */
  outcome: string;
  reason: string | null;
  /** The status that the contract would get. */
  takeIn: string | null;
  /** Kinds. */
  questions: string[];
}
