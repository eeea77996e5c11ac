import type { EntityType } from "../mapping/types.ts";
import type { Moment } from "../status/answer.ts";

// GET /attempts

/** One try at a record, as the log has it. */
export interface AttemptItem {
  id: string;
  at: Moment;
  entityType: EntityType;
  entityId: string;
  number: string | null;
  zohoType: "Estimates" | "Deals" | "Invoices" | "Contacts" | "Accounts" | "Products" | null;
  zohoId: string | null;
  status: "pending" | "success" | "failed" | "retrying";
  /** 1 to 3 within one visit. */
  tryNumber: number;
  /** Of the fault; null when it went well. */
  code: string | null;
  message: string | null;
  cause: string | null;
  durationMs: number | null;
}
export type AttemptsAnswer = { items: AttemptItem[]; next: string | null };
