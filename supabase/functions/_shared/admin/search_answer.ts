import type { EntityType } from "../mapping/types.ts";

// GET /search

export interface SearchItem {
  entityType: EntityType;
  entityId: string;
  /** Contract, quote or invoice number; null for a customer. */
  number: string | null;
  /** The company; of a private customer their own name. */
  name: string | null;
  zohoId: string | null;
  /** What of it holds the text. */
  matched: "number" | "company" | "person" | "zoho_id" | "account";
}

export interface SearchAnswer {
  /** The best match first. */
  items: SearchItem[];
  /** More match than were asked for. */
  more: boolean;
}
