/** What GET /status answers: types only, so that a page in a browser can import them. */

/** ISO-8601 with an offset. */
export type Moment = string;
export type Lane = 0 | 1 | 2;
export type QueueStatus = "pending" | "in_flight" | "dead";

export type HealthLevel = "good" | "attention" | "trouble";

export interface Health {
  level: HealthLevel;
  /** One sentence for a reader who does not know the code. */
  sentence: string;
  /** Everything that is not as it should be, the worst first; empty when all is good. */
  reasons: HealthReason[];
}

export interface HealthReason {
  code:
    | "NOT_THIS_PROJECT"
    | "WRONG_ORG"
    | "OBSERVING"
    | "PAUSED"
    | "PAUSED_BY_HAND"
    | "MODULE_RESTS"
    | "TOKEN_REFUSED"
    | "UNKNOWN_WRITES"
    | "FORGOTTEN_WRITES"
    | "DEAD_LETTERS"
    | "LATE_CHANGES"
    | "CREDITS_LOW"
    | "CREDITS_SPENT"
    | "CHANNEL_EXPIRED"
    | "CHANNEL_SILENT"
    | "FAILED_EVENTS"
    | "NOTICES"
    | "QUESTIONS"
    | "ACCOUNT_QUESTIONS"
    | "FIELD_PROBLEMS"
    | "DRIFT"
    | "ALERTS_SILENT";
  level: "attention" | "trouble";
  sentence: string;
}

export interface QueueCount {
  lane: Lane;
  status: QueueStatus;
  count: number;
  oldestAt: Moment;
  /** Of the oldest, now. */
  ageSeconds: number;
}

export interface Pause {
  code: string;
  message: string;
  /** Null: until a person resumes it. */
  until: Moment | null;
  /** True when a person paused it. */
  byHand: boolean;
  /** An admin's id, or "secret key"; null for a fault. */
  by: string | null;
  byName: string | null;
  since: Moment | null;
}

/** Attempts that ended in this hour, and the time from edit to Zoho's confirmation. */
export interface HourBucket {
  /** Its beginning. */
  hour: Moment;
  succeeded: number;
  failed: number;
  /** Changes that were settled. */
  settled: number;
  /** From the commit of the edit to the settlement, milliseconds; lanes 0 and 1, a backfill waits on purpose. */
  p50Ms: number | null;
  p95Ms: number | null;
}

export interface DayFigures {
  /** 24 whole hours and the one that is running, oldest first; hours without anything are there too. */
  hours: HourBucket[];
  succeeded: number;
  failed: number;
  settled: number;
  /** succeeded / (succeeded + failed); null when nothing was tried. */
  successRate: number | null;
  p50Ms: number | null;
  p95Ms: number | null;
}

export interface Credits {
  /** In the rolling 24 h. */
  used: number;
  budget: number;
  /** used / budget. */
  share: number;
  byLane: { lane: Lane; credits: number; calls: number }[];
  /** Credits an hour, over the last hour. */
  perHour: number;
  forecast: {
    /** The expected 24 h total at this rate. */
    dayTotal: number;
    /** When the budget is reached at this rate; null if it is not. */
    budgetReachedAt: Moment | null;
  };
}

export interface TokenState {
  /** Null before the first refresh. */
  expiresAt: Moment | null;
  /** When Zoho was last asked for a new one. */
  refreshedAt: Moment | null;
  errorCode: string | null;
  errorAt: Moment | null;
}

export interface ChannelState {
  channelId: string;
  module: string;
  expiresAt: Moment | null;
  /** When Zoho's last notification came. */
  checkedAt: Moment;
}

/** One line of the last reconciliation. */
export interface ReconcileLine {
  id: string;
  status: string;
  startedAt: Moment;
  finishedAt: Moment | null;
  /** Records compared, and differences found. */
  compared: number | null;
  differences: number | null;
}

export interface Versions {
  /** Of the newest migration; null where the platform keeps no record. */
  migration: string | null;
  /** The deployment that answered; null outside of the platform. */
  functions: string | null;
  /** Zoho's API. */
  zohoApi: string;
}

/** Whose database this is (docs/copies.md). */
export interface IdentityState {
  /** The host of the project whose functions may write; null before the first drain. */
  projectHost: string | null;
  /** The host of the functions that answered. */
  askedBy: string | null;
  /** False: they are another project's, and write nothing. */
  isOwn: boolean;
  pinnedAt: Moment | null;
  /** Of the Zoho org; null before the first write. */
  orgId: string | null;
  /** The first digits of its write revisions. */
  epoch: number;
  /** Of its notification channel. */
  channelId: string;
  /** Since then nothing is written; null: it writes. */
  observingSince: Moment | null;
}

export interface StatusAnswer {
  at: Moment;
  timeZone: string;
  identity: IdentityState;
  /** Zoho CRM in a browser: "https://crm.zoho.eu". */
  zohoUrl: string;
  health: Health;
  queue: {
    counts: QueueCount[];
    /** Not dead, those of `noted` included. */
    waiting: number;
    /** Rows of a large statement that a drain has not put into the queue yet, and so are not in `counts`. */
    noted: number;
    dead: number;
    /** Entities that a person holds. */
    held: number;
    /** The oldest change of lanes 0 and 1 that is not in Zoho and not dead. */
    oldestUnsentAt: Moment | null;
    oldestUnsentSeconds: number | null;
  };
  /** Null when it is not paused. */
  paused: Pause | null;
  /** Modules of Zoho that are hidden, forbidden or failing: what needs them waits, and everything else goes on. */
  resting: { module: string; code: string; message: string; since: Moment; until: Moment }[];
  isDraining: boolean;
  lastDrainAt: Moment | null;
  lastHeardAt: Moment | null;
  lastWriteAt: Moment | null;
  events: { open: number; failed: number; refusals24h: number };
  notices: { open: number };
  /** Those that a person has not answered. */
  questions: {
    open: number;
    /** When the oldest was asked, those about Accounts included. */
    oldestAt: Moment | null;
  };
  /** Of them, about records that carry a write of ours which this database does not remember: a restore leaves them. */
  unknownWrites: { open: number };
  accountQuestions: { open: number };
  fieldProblems: { open: number };
  day: DayFigures;
  credits: Credits;
  /** Null before the first token. */
  token: TokenState | null;
  channels: ChannelState[];
  lastReconcile: ReconcileLine | null;
  /** `isAnyoneNotified`: a channel is set up, so that an alert reaches a person. */
  alerts: { on: string[]; lastCheckedAt: Moment | null; isAnyoneNotified: boolean };
  versions: Versions;
}
