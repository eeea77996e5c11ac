import type { FindingCode } from "../../supabase/functions/_shared/doctor/finding_codes.ts";

/** A test that breaks something, does what the doctor says, and sees the finding gone. */
export type CarriedOut =
  /** By tests/functions/doctor_test.ts: its run ends with the codes whose advice it has followed. */
  | "by the doctor's test"
  /** By another test, of this title. */
  | { file: string; title: string }
  /** Advice to wait, or to ask somebody whom no test can be. */
  | { nobody: string };

const here = "by the doctor's test";

/** Every finding that there is: a new one is a type error here until its advice is carried out. */
export const carriedOut: Readonly<Record<FindingCode, CarriedOut>> = {
  PROJECT_AWAY: here,
  KEY_REFUSED: here,
  VARIABLE_WRONG: here,
  FUNCTION_WRONG: here,
  ROTATION_OPEN: here,
  SECRETS_DIFFER: here,
  SECRETS_LACKING: here,
  SIGNING_KEYS_OLD: here,
  SIGN_IN_AWAY: { nobody: "a hosted project is restarted by the platform" },
  NO_ALERT_CHANNEL: here,
  NOT_THIS_PROJECT: here,
  WRONG_ORG: here,
  OBSERVING: here,
  MIGRATIONS_MISSING: here,
  CHECKOUT_OLD: here,
  DATABASE_OLD: here,
  DATABASE_REFUSES: here,
  EXTENSION_MISSING: here,
  VAULT_UNREADABLE: here,
  VAULT_URL: here,
  VAULT_KEY: here,
  JOB_WRONG: here,
  JOB_FAILED: here,
  JOB_LATE: here,
  CALL_QUEUED: here,
  CALL_SILENT: here,
  CALL_REFUSED: here,
  CALL_MISSING: here,
  CALL_FAILED: here,
  CALL_TIMED_OUT: here,
  CALL_UNREACHABLE: here,
  CALLS_LOST: { nobody: "the schedule starts what a lost call would have started" },
  NO_CALLS: here,
  PG_NET_QUEUE: here,
  TRIGGER_OFF: here,
  NO_ADMIN: here,
  ADMIN_RIGHTS: here,
  PAUSED: here,
  PAUSED_BY_HAND: here,
  UNKNOWN_WRITES: here,
  CREDITS_SPENT: { nobody: "what was spent a day ago comes back by itself" },
  UNSENT_CHANGES: here,
  UNSENT_COMPLIANCE: here,
  DEAD_LETTERS: here,
  OLD_QUESTIONS: here,
  ZOHO_REFUSES: here,
  ACCOUNTS_HOST_AWAY: here,
  RIGHT_MISSING: here,
  RIGHT_REFUSED: here,
  FIELD_TO_MAKE: here,
  FIELD_BY_HAND: here,
  LINE_ITEMS_REFUSED: here,
  CHANNEL_ELSEWHERE: here,
  CHANNEL_CLOSED: here,
  CHANNEL_ENDING: here,
  CLOCK_UNKNOWN: { nobody: "Zoho left out the date of an answer" },
  CLOCK_OFF: { nobody: "the platform keeps the clock" },
  UNREADABLE: { nobody: "what Postgres refuses is said by its code" },
};

/** Buttons that the advice names, and who presses them: the doctor's test calls what they call. */
export const buttons: Readonly<Partial<Record<FindingCode, { file: string; title: string }>>> = {
  DEAD_LETTERS: {
    file: "tests/browser/problems_test.ts",
    title: "all failures are retried after a confirmation",
  },
  UNSENT_COMPLIANCE: {
    file: "tests/browser/problems_test.ts",
    title: "all failures are retried after a confirmation",
  },
  OLD_QUESTIONS: {
    file: "tests/browser/questions_test.ts",
    title: "a deleted Deal is made again with one click",
  },
  UNKNOWN_WRITES: {
    file: "tests/browser/questions_test.ts",
    title:
      "writes that the database does not remember: the page names the next step, and the record is a question",
  },
  PAUSED_BY_HAND: {
    file: "tests/browser/operate_test.ts",
    title: "the sync is paused with a reason and resumed, and the waiting changes are sent",
  },
};
