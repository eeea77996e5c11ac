import type { ZohoType } from "../mapping/record_type.ts";
import type { EntityType } from "../mapping/types.ts";
import type { Moment } from "../status/answer.ts";
import type { FieldLine } from "../status/field_line.ts";
import type { Hold } from "./acts_answer.ts";
import type { ListPage } from "./answer.ts";
import type { AttemptStatus } from "./attempts_answer.ts";
import type { QuestionItem } from "./questions_answer.ts";
import type { QueueItem } from "./queue_answer.ts";

// GET /contract, /history

export interface ContractAnswer {
  entityType: EntityType;
  entityId: string;
  /** A customer has neither. */
  number: string | null;
  status: string | null;
  /** The company or person that it belongs to, as CircleTel calls it. */
  name: string | null;
  /** Its row was deleted in CircleTel; what is known of its record and its history is still here. */
  isGone: boolean;
  /** Where Studio finds its row. */
  row: { table: string; oid: number };
  /** The other entities of the sale: a contract's quote, a quote's contracts, both of a customer; up to 50. */
  related: { entityType: EntityType; entityId: string; number: string | null }[];
  /** `label` is what the org calls the field; null before its fields were read. */
  fields: (FieldLine & { label: string | null })[];
  names: LinkNames;
  /** Why there are no fields: an internal test, a value that the mapping does not know, a Product to be made. */
  problem: string | null;
  mapping: {
    zohoType: ZohoType;
    zohoId: string;
    state: "linked" | "orphaned" | "deleted_in_zoho" | "unlinked";
    /** A write's answer was lost: the record is read before the next one. */
    isInDoubt: boolean;
    zohoModifiedAt: Moment | null;
  } | null;
  writes: {
    /** When Zoho last confirmed a write of this record; null when it never did as far as the log goes back. */
    confirmedAt: Moment | null;
    /** The newest attempt, however it ended. */
    last: { at: Moment; status: AttemptStatus; error: string | null } | null;
  };
  queue: QueueItem | null;
  /** Null when no person holds it. */
  hold: Hold | null;
  /** When this customer was erased from the tables of the sync; nothing of them is sent or searched since. */
  erasedAt: Moment | null;
  /** Open ones, oldest first. */
  questions: QuestionItem[];
  /** Only with live=true: when Zoho says it was last modified, or why it could not be read. */
  live: { modifiedAt: Moment | null; modifiedBy: string | null; error: string | null } | null;
  history: HistoryAnswer;
}

/** Names of Accounts, Contacts and Products by Zoho's id: read for this answer, stored nowhere. */
export type LinkNames = Record<string, { name: string; zohoType: "Accounts" | "Contacts" | "Products" }>;

/** Newest first; attempts, what looks came to, events, notices and acts of operators in one list. */
export interface HistoryItem {
  at: Moment;
  kind: "attempt" | "look" | "event" | "notice" | "action";
  id: string;
  /**
   * attempt: success, failed …; look and event: applied, put_back, conflict …; notice: open, acknowledged; action: done
   */
  status: string;
  /** One line. */
  summary: string;
  /** Of an act: the admin's name, or "secret key". */
  actor: string | null;
  details: Record<string, unknown>;
}

export type HistoryAnswer = ListPage<HistoryItem>;
