import { MINUTE } from "../platform/duration.ts";
import type { HealthReason, StatusAnswer } from "./answer.ts";
import { defaultSilentHours, expiredChannels, isChannelSilent } from "./channel_health.ts";

/** Everything that a status says besides its health. */
export type StatusFacts = Omit<StatusAnswer, "health">;

/** A change should be in Zoho within seconds; after five minutes something is in its way. */
export const lateSeconds = 5 * 60;
const veryLateSeconds = 60 * 60;
/** From here on backfill waits, from `creditsSpent` on everything but compliance (zoho_sync.open_lane). */
export const creditsLow = 0.80;
const creditsSpent = 0.95;
/** The check runs every minute. */
const alertsSilentMs = 5 * MINUTE;

interface HealthRule {
  code: HealthReason["code"];
  level: HealthReason["level"];
  /** The sentence, or null when the rule has nothing to say. */
  sentence: (facts: StatusFacts) => string | null;
}

const when = (condition: boolean, sentence: string) => condition ? sentence : null;
const isTokenFault = (code: string) => /^(TOKEN_REFUSED|SECRET_UNREADABLE)$/.test(code);
const isNamedPause = (code: string) =>
  isTokenFault(code) || code === "UNKNOWN_WRITES" || code === "WRONG_ORG";
/** In observe mode changes wait on purpose. */
const lateBy = ({ queue, identity }: StatusFacts) =>
  identity.observingSince === null ? queue.oldestUnsentSeconds ?? 0 : 0;

/** In order of importance: the first of the worst level gives the sentence. */
export const healthRules: HealthRule[] = [
  {
    code: "NOT_THIS_PROJECT",
    level: "trouble",
    sentence: ({ identity: { isOwn, projectHost, askedBy } }) =>
      when(
        !isOwn,
        `This database belongs to ${projectHost} and this page to ${askedBy}: nothing is written until a person adopts it.`,
      ),
  },
  {
    code: "WRONG_ORG",
    level: "trouble",
    sentence: ({ paused }) =>
      when(
        paused?.code === "WRONG_ORG",
        "The credentials belong to another Zoho org than this database: nothing is written.",
      ),
  },
  {
    code: "TOKEN_REFUSED",
    level: "trouble",
    sentence: ({ paused }) =>
      paused && isTokenFault(paused.code)
        ? "Zoho refuses the access token: nothing is sent until a person corrects it."
        : null,
  },
  {
    code: "UNKNOWN_WRITES",
    level: "trouble",
    sentence: ({ paused }) =>
      when(
        paused?.code === "UNKNOWN_WRITES",
        "Zoho holds writes that this database does not remember, as after a restore: nothing is sent until a person resumes it.",
      ),
  },
  {
    code: "PAUSED",
    level: "trouble",
    sentence: ({ paused }) =>
      paused && !paused.byHand && !isNamedPause(paused.code) && paused.until === null
        ? `Sending is paused (${paused.code}) until a person resumes it.`
        : null,
  },
  {
    code: "ALERTS_SILENT",
    level: "trouble",
    sentence: ({ alerts: { lastCheckedAt }, at }) =>
      when(
        lastCheckedAt !== null && Date.parse(at) - Date.parse(lastCheckedAt) > alertsSilentMs,
        "The schedule has stopped: nothing checks the queue or sends alerts.",
      ),
  },
  {
    code: "DEAD_LETTERS",
    level: "trouble",
    sentence: ({ queue: { dead } }) =>
      when(
        dead > 0,
        `${counted(dead, "change needs", "changes need")} attention: retries will not fix ${
          dead === 1 ? "it" : "them"
        }.`,
      ),
  },
  {
    code: "LATE_CHANGES",
    level: "trouble",
    sentence: (facts) =>
      when(lateBy(facts) > veryLateSeconds, `A change has waited for ${inWords(lateBy(facts))}.`),
  },
  {
    code: "CREDITS_SPENT",
    level: "trouble",
    sentence: ({ credits: { share } }) =>
      when(
        share >= creditsSpent,
        `Zoho's credits are used up to ${percent(share)}: only compliance is sent.`,
      ),
  },
  {
    code: "CHANNEL_EXPIRED",
    level: "trouble",
    sentence: (facts) =>
      when(
        expiredChannels(facts).length > 0,
        "Zoho's notification channel has expired: edits in Zoho are noticed late.",
      ),
  },
  {
    code: "MODULE_RESTS",
    level: "trouble",
    sentence: ({ resting }) => {
      const modules = resting.map(({ module, code }) => `${module} (${code})`).join(", ");
      return when(
        resting.length > 0,
        `Zoho's ${modules} cannot be written: changes that need it wait, everything else is sent.`,
      );
    },
  },
  {
    code: "PAUSED",
    level: "attention",
    sentence: ({ paused }) =>
      paused && !paused.byHand && !isNamedPause(paused.code) && paused.until !== null
        ? `Sending is paused for a short time (${paused.code}) and resumes by itself.`
        : null,
  },
  {
    code: "OBSERVING",
    level: "attention",
    sentence: ({ identity: { observingSince } }) =>
      when(observingSince !== null, "Observe mode: the sync plans and compares, and writes nothing."),
  },
  {
    code: "PAUSED_BY_HAND",
    level: "attention",
    sentence: ({ paused }) => when(paused?.byHand === true, "A person has paused sending."),
  },
  {
    code: "LATE_CHANGES",
    level: "attention",
    sentence: (facts) =>
      when(
        lateBy(facts) > lateSeconds && lateBy(facts) <= veryLateSeconds,
        `A change has waited for ${inWords(lateBy(facts))}.`,
      ),
  },
  {
    code: "CREDITS_LOW",
    level: "attention",
    sentence: ({ credits: { share } }) =>
      when(
        share >= creditsLow && share < creditsSpent,
        `Zoho's credits are used up to ${percent(share)}: backfill waits.`,
      ),
  },
  {
    code: "CHANNEL_SILENT",
    level: "attention",
    sentence: (facts) =>
      when(
        isChannelSilent(facts, defaultSilentHours),
        "Zoho has sent no notification of our own writes for hours.",
      ),
  },
  {
    code: "FAILED_EVENTS",
    level: "attention",
    sentence: ({ events: { failed } }) =>
      when(failed > 0, `${counted(failed, "event", "events")} from Zoho could not be applied.`),
  },
  {
    code: "FIELD_PROBLEMS",
    level: "attention",
    sentence: ({ fieldProblems: { open } }) =>
      when(
        open > 0,
        `${counted(open, "field", "fields")} in Zoho ${open === 1 ? "is" : "are"} not as needed.`,
      ),
  },
  {
    code: "DRIFT",
    level: "attention",
    sentence: ({ lastReconcile }) =>
      when(
        (lastReconcile?.differences ?? 0) > 0,
        `The last comparison found ${counted(lastReconcile?.differences ?? 0, "difference", "differences")}.`,
      ),
  },
  {
    code: "FORGOTTEN_WRITES",
    level: "attention",
    sentence: ({ unknownWrites: { open } }) =>
      when(
        open > 0,
        `Since a restore, ${counted(open, "record disagrees", "records disagree")} with CircleTel: ` +
          "say once for all of them which side is right.",
      ),
  },
  {
    code: "QUESTIONS",
    level: "attention",
    sentence: ({ questions: { open }, unknownWrites }) => {
      const others = open - unknownWrites.open;
      return when(
        others > 0,
        `${counted(others, "question waits", "questions wait")} for a person's decision.`,
      );
    },
  },
  {
    code: "ACCOUNT_QUESTIONS",
    level: "attention",
    sentence: ({ accountQuestions: { open } }) =>
      when(open > 0, `${counted(open, "company waits", "companies wait")} for a decision about its Account.`),
  },
  {
    code: "NOTICES",
    level: "attention",
    sentence: ({ notices: { open } }) =>
      when(open > 0, `${counted(open, "notice", "notices")} should be read.`),
  },
];

/** 1 change, 2 changes. */
export const counted = (count: number, one: string, more: string) =>
  `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

const percent = (share: number) => `${Math.floor(share * 100)} %`;

function inWords(seconds: number): string {
  if (seconds < 120 * 60) return counted(Math.floor(seconds / 60), "minute", "minutes");
  if (seconds < 48 * 3600) return counted(Math.floor(seconds / 3600), "hour", "hours");
  return counted(Math.floor(seconds / 86_400), "day", "days");
}
