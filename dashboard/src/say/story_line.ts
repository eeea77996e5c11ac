import type { HistoryItem, ShownValue } from "../api/answers.ts";

/** One thing that happened to a record, in words: who did what, what it changed, and what became of it. */
export interface StoryLine {
  item: HistoryItem;
  who: string;
  did: string;
  changes: StoryChange[];
  /** Why it was put back, or was not; null where there is nothing to explain. */
  why: string | null;
  side: "zoho" | "circletel" | "operator";
  /** Nothing came of it: left out unless everything is wanted. */
  isQuiet: boolean;
  /** The hint from Zoho that reported it. */
  eventId: string | null;
}

export interface StoryChange {
  field: string;
  /** Undefined where it is not known any more. */
  from?: ShownValue;
  to: ShownValue;
}

/** Who did it and what, with whatever else its kind has to say. */
export type StorySays = Pick<StoryLine, "who" | "did"> & Partial<StoryLine>;
