import type { AlertName } from "../alerts/answer.ts";
import type { Hold } from "./acts_answer.ts";
import type {
  ChannelState,
  IdentityState,
  Lane,
  Moment,
  Pause,
  QueueStatus,
  Versions,
} from "../status/answer.ts";
import type { FieldLine, FieldSide, ShownValue } from "../status/field_line.ts";

export type * from "../alerts/answer.ts";
export type * from "./acts_answer.ts";
export type * from "../backfill/answer.ts";
export type * from "./lists_answer.ts";
export type * from "./search_answer.ts";
export type * from "../status/answer.ts";
export type * from "../status/field_line.ts";

/**
 * The JSON that zoho-admin answers, route by route (docs/admin-api.md): types only, so that a page in a browser can
 * import them. A good answer is `{ success: true }` and one of these; everything else is a `Refused`.
 */

export type AttemptStatus = "pending" | "success" | "failed" | "retrying";
export type EntityType = "quote" | "contract" | "customer" | "invoice";
export type ZohoType = "Estimates" | "Deals" | "Invoices" | "Contacts" | "Accounts" | "Products";
export type EventStatus =
  | "received"
  | "applied"
  | "nothing_new"
  | "put_back"
  | "conflict"
  | "question"
  | "gone"
  | "unmapped"
  | "ignored"
  | "failed";
export type Fields = Record<string, ShownValue>;

export type Answered<T> = { success: true } & T;

export interface Refused {
  success: false;
  error: { code: string; message: string; field?: string; hint?: string };
}

/** A page of a list; `next` is the `after` of the page behind it, null on the last one. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

/** Beside the status: who asks, and whether they may act or only read. */
export interface CallerAnswer {
  caller: { role: string | null; mayAct: boolean };
}

// GET /queue, GET /problems, POST /retry, POST /force-sync

export interface QueueItem {
  entityType: EntityType;
  entityId: string;
  /** Contract, quote or invoice number; null for a customer or a row that is gone. */
  number: string | null;
  lane: Lane;
  status: QueueStatus;
  attempts: number;
  cause: string;
  forced: boolean;
  enqueuedAt: Moment;
  nextAttemptAt: Moment;
  leaseUntil: Moment | null;
  error: { code: string; field: string | null; message: string | null } | null;
}
export type QueueAnswer = Page<QueueItem>;

export interface Problem {
  code: string;
  field: string | null;
  /** Dead letters, and changes that failed at least twice and are tried again. */
  dead: number;
  retrying: number;
  oldestAt: Moment;
  /** What to do, one sentence. */
  advice: string;
  /** The page about it, below docs/. */
  page: string | null;
  /** Up to five. */
  examples: { entityType: EntityType; entityId: string; number: string | null }[];
}

export interface ProblemsAnswer {
  problems: Problem[];
}
export type ProblemItemsAnswer = Page<QueueItem>;

export type RetryRequest =
  | { entities: { type: EntityType; id: string }[] }
  | { code: string; field?: string | null }
  | { all: true };

export interface RetryAnswer {
  /** How many changes are due again. */
  retried: number;
  /** More of them are left than one call takes: ask again. */
  more: boolean;
}

export interface ForceSyncRequest {
  entityType: EntityType;
  id: string;
}

export interface ForceSyncAnswer {
  result: {
    success: boolean;
    zohoEntityId?: string;
    zohoEntityType?: ZohoType;
    error?: string;
    syncLogId?: string;
  };
}

export interface PauseAnswer {
  paused: Pause | null;
}

// GET /contract, GET /history

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
export type HistoryAnswer = Page<HistoryItem>;

// GET /events, GET /event

/** A hint: Zoho said that a record may have changed. */
export interface EventItem {
  id: string;
  seq: number;
  receivedAt: Moment;
  /** poll: a reconcile found it. */
  source: "signed" | "notification" | "poll";
  module: string;
  operation: "insert" | "update" | "delete";
  recordId: string;
  status: EventStatus;
  reason: string | null;
  /** When the outcome was known. */
  appliedAt: Moment | null;
  /** As Zoho told; null of a record that is not CircleTel's. */
  modifiedAt: Moment | null;
  /** The id of a user in Zoho. */
  modifiedBy: string | null;
  entityType: EntityType | null;
  entityId: string | null;
  number: string | null;
}
export type EventsAnswer = Page<EventItem>;

export interface EventAnswer {
  event: EventItem & {
    /** The values told of fields that name nobody; for people to read, they are never applied. */
    told: Fields | null;
  };
}

// POST /replay

export type ReplayRequest =
  & { dryRun?: boolean }
  & ({ eventId: string } | { from: Moment; to: Moment; status?: EventStatus });

/** What the merge would do about one entity, with Zoho as it is now. */
export interface ReplayPreview {
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

export interface ReplayAnswer {
  dryRun: boolean;
  /** Events that were found. */
  replayed: number;
  /** Entities that are looked at again. */
  marked: number;
  complete: boolean;
  /** Of a dry run. */
  results: ReplayPreview[];
}

// GET /questions, POST /questions/answer, POST /revisions/adopt

export type QuestionKind =
  | "unsigned"
  | "unknown_write"
  | "adopted_stage"
  | "contested"
  | "record_gone"
  | "record_found"
  | "record_taken"
  | "conflict"
  | "account"
  | "contact_match"
  | "person_erased";

export type QuestionChoice =
  | "zoho"
  | "circletel"
  | "keep"
  | "try_again"
  | "leave_to_zoho"
  | "make_again"
  | "unlink"
  | "link"
  | "make_new"
  | "done";

/** Why a company's Account is uncertain. */
export type AccountReason =
  | "several_accounts"
  | "number_and_name_disagree"
  | "numbers_differ"
  | "legal_form_differs"
  | "trading_name_differs"
  | "another_person";

export type ContactReason = "several_contacts" | "name_differs" | "other_reference" | "merged";

/** An Account or a Contact that may be the one. */
export interface Candidate {
  /** Its id in Zoho. */
  id: string;
  /** Its name there; a person's is masked. */
  name: string;
  /** registration_number, vat_number, exact_name, name, email: what speaks for it. */
  agrees: string[];
  /**
   * registration_number, vat_number, legal_form, trading_name, another_person; of a Contact first_name, last_name, reference:
   * what speaks against it.
   */
  differs: string[];
}

/** What only a person can decide; docs/operate.md says what each answer does. */
export interface QuestionItem {
  id: string;
  kind: QuestionKind;
  /** Null, with `entityId`, for a question about a company's Account. */
  entityType: EntityType | null;
  entityId: string | null;
  number: string | null;
  /** The company whose Account is uncertain; null for other questions. */
  accountKey: string | null;
  /** Why it is uncertain which Account or Contact is meant; null for other questions. */
  reason: AccountReason | ContactReason | null;
  /** Accounts that may be the company's, or Contacts that may be the customer's. */
  candidates: Candidate[];
  /** Entities that are not synced until the company's Account is known. */
  waiting: number;
  /** By Zoho api_name; null for a question about the record as a whole. */
  field: string | null;
  /** Of a stage the contract's status, of an Account the company's name; values that name a person are masked. */
  ours: ShownValue;
  theirs: ShownValue;
  /** The status that taking Zoho's side sets. */
  asks: string | null;
  answers: QuestionChoice[];
  /** Zoho's last change of the record: the id of a user, and when. */
  changedBy: string | null;
  changedAt: Moment | null;
  askedAt: Moment;
  /** Given, and not carried out yet: the record is read first. */
  answer: QuestionChoice | null;
  answeredBy: string | null;
}
export type QuestionsAnswer = Page<QuestionItem>;

export interface AnswerQuestionsRequest {
  /** Up to 1,000. */
  ids: string[];
  choice: QuestionChoice;
  /** The Account of the companies, where the choice is `link`: a candidate, or any other one. */
  accountId?: string;
  /** The Contact of the customer, where the choice is `link` and several are shown. */
  contactId?: string;
}

export interface QuestionsAnswered {
  answered: number;
  /** Were answered before, or are over. */
  closed: number;
  unknown: number;
  /** Entities that are due again. */
  woken: number;
  /** Stay open: the database refused what the answer writes. */
  refused: { id: string; code: string; message: string }[];
}

// GET /identity, POST /adopt

export interface IdentityAnswer {
  identity: IdentityState;
  /** The org that the functions' credentials belong to. */
  credentialsOrg: string;
}

export interface DatabaseAdopted {
  projectHost: string | null;
  org: string;
  epoch: number;
  channelId: string;
  /** Rows of the former org that were put aside, by table. */
  putAside: Record<string, number>;
}

export interface RevisionsAdopted {
  /** The number that this database's writes begin with from now on. */
  epoch: number;
  /** Those of the other writer. */
  otherEpochs: number[];
}

// GET /actions, GET /runs, GET /notices, GET /settings

export interface ActionItem {
  id: string;
  at: Moment;
  /** An admin's id, or "secret key". */
  actor: string;
  /** The admin's name; null for a key or an admin who is gone. */
  actorName: string | null;
  action: string;
  details: Record<string, unknown>;
}
export type ActionsAnswer = Page<ActionItem>;

export interface DrainRun {
  drainId: string;
  startedAt: Moment;
  finishedAt: Moment | null;
  succeeded: number;
  failed: number;
  underWay: number;
}

/** A backfill or a reconciliation, as its own table tells; null columns are ones it does not have. */
export interface LongRun {
  kind: "backfill" | "reconcile";
  id: string;
  status: string | null;
  startedAt: Moment | null;
  finishedAt: Moment | null;
  details: Record<string, unknown>;
}

export interface RunsAnswer {
  /** Of the last 2,000 attempts, newest first. */
  drains: DrainRun[];
  longRuns: LongRun[];
}

export interface NoticeItem {
  id: string;
  at: Moment;
  kind: string;
  entityType: EntityType | null;
  entityId: string | null;
  number: string | null;
  zohoType: string | null;
  zohoId: string | null;
  message: string;
  acknowledgedAt: Moment | null;
}
export type NoticesAnswer = Page<NoticeItem>;

export interface AcknowledgeRequest {
  ids: string[];
}
export interface AcknowledgeAnswer {
  acknowledged: number;
}

export interface SettingsAnswer {
  /** Which of CircleTel's records go to which module, and who decides each field. */
  mapping: {
    /** Null for records that have no row of their own in CircleTel. */
    entityType: EntityType | null;
    zohoType: ZohoType;
    /** Zoho's name of the module. */
    module: string;
    fields: {
      field: string;
      /** What the org calls it; null before its fields were read, or where it has none. */
      label: string | null;
      dataType: string;
      owner: FieldSide;
      /** Not in a new org: the setup makes it. */
      isCustom: boolean;
      /** What we write of a picklist; empty for other fields. */
      values: string[];
      /** What it is made of: "contracts.status". */
      columns: string[];
    }[];
  }[];
  /** What is known of Zoho's fields; empty before they were first read. */
  fieldMetadata: Record<string, unknown>[];
  channels: ChannelState[];
  versions: Versions;
  /** Names only; never a value. */
  variables: { name: string; isSet: boolean; isRequired: boolean }[];
  /** What is sent at all; the others are switched off. */
  syncedTypes: EntityType[];
  region: string;
  timeZone: string;
  dailyCredits: number;
  /** Calls under way at a time: what Zoho puts up with now, at most ZOHO_CONCURRENCY. */
  concurrency: number;
  /** ZOHO_CONCURRENCY. */
  mostConcurrency: number;
}

// GET /people

/** Who may have changed a record in Zoho. */
export interface PeopleAnswer {
  /** Users of the org by id. */
  names: Record<string, string>;
  /** The user that CircleTel's connection acts as; a workflow that our write sets off acts as it, too. */
  ownId: string | null;
}

// POST /people/export, POST /people/erase

export interface PersonExportAnswer {
  /** Whole rows that name the customer, by table. */
  held: Record<string, unknown[]>;
}

export interface PersonErasedAnswer {
  /** How many rows were changed, by table. */
  erased: Record<string, number>;
}

// GET /alerts, POST /alerts/mute, POST /alerts/check

export interface AlertItem {
  name: AlertName;
  /** What it watches, one sentence. */
  title: string;
  state: "on" | "off";
  /** Since when it is so. */
  since: Moment | null;
  detail: string | null;
  mutedUntil: Moment | null;
  isMuted: boolean;
  /** The last change that was told to everybody who should be told. */
  lastNotifiedAt: Moment | null;
  /** A change of state that could not be told yet; it is tried at the next check. */
  isUnsent: boolean;
}

export interface AlertsAnswer {
  alerts: AlertItem[];
  lastCheckedAt: Moment | null;
  /** Where alerts go; no address, only whether there is one. */
  channels: { webhook: boolean; email: boolean; hook: boolean; heartbeat: boolean };
  /** False: alerts are decided and shown, and reach nobody. */
  isAnyoneNotified: boolean;
  /** Those that were set here; the others are set by variables. */
  stored: ("webhook" | "hook")[];
}

// POST /alerts/channels

export interface AlertChannelRequest {
  channel: "webhook" | "hook";
  /** Null takes it away. */
  url: string | null;
  /** The bearer token that a `hook` asks for. */
  token?: string;
}

// POST /alerts/test

export interface AlertTestAnswer {
  /** One for each channel that is set up; none when nobody would be notified. */
  results: {
    channel: "webhook" | "email" | "hook";
    ok: boolean;
    /** TIMEOUT, NETWORK, HTTP_404 …; null when it was taken. */
    code: string | null;
  }[];
}

export interface MuteRequest {
  alert: AlertName;
  /** Null ends the muting; "forever" mutes until somebody ends it. */
  until: Moment | "forever" | null;
}

// GET /reconcile, POST /reconcile/repair

export type ReconcileVerdict = "differs" | "missing" | "extra" | "queued";

export interface ReconcileRow {
  id: number;
  verdict: ReconcileVerdict;
  reason: string;
  entityType: EntityType;
  entityId: string | null;
  /** A contract, quote or invoice number. */
  reference: string | null;
  zohoType: string;
  zohoId: string | null;
  fields: Record<string, { zoho: ShownValue; circletel: ShownValue }>;
  repairedAt: Moment | null;
}

export interface ReconcileAnswer {
  /** "As of 18:00: 412 match, 3 differ, 1 missing". */
  line: string;
  run: {
    id: string;
    kind: "full" | "incremental";
    status: "running" | "finished" | "failed";
    entityTypes: string[];
    actor: string;
    startedAt: Moment;
    finishedAt: Moment | null;
    calls: number;
    credits: number;
    error: { code: string; message: string | null } | null;
  };
  counts: Record<ReconcileVerdict | "match", number>;
  items: ReconcileRow[];
  next: string | null;
}

export interface RepairAnswer {
  /** Rows that were dealt with in this call. */
  rows: number;
  enqueued: number;
  /** Records that belong to another entity by now. */
  taken: string[];
  more: boolean;
}
