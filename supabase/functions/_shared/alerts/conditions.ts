import { DAY, MINUTE } from "../platform/duration.ts";
import type { StatusAnswer } from "../status/answer.ts";
import { expiredChannels, isChannelSilent } from "../status/channel_health.ts";
import { creditsLow, lateSeconds } from "../status/health_rules.ts";
import type { AlertName } from "./answer.ts";

/** An alert's sentence when it is on, null when it is off. */
export interface AlertCondition {
  name: AlertName;
  /** Counts and codes only, since it leaves the project. */
  detail: string | null;
}

interface Watch {
  name: AlertName;
  title: string;
  /** `wasOn`: an alert ends only well below its limit, so that it does not flap. */
  detail: (status: StatusAnswer, how: { wasOn: boolean; silentHours: number }) => string | null;
}

/** A more specific alert covers it. */
const tokenFaults = ["TOKEN_REFUSED", "SECRET_UNREADABLE"];
/** Short faults of Zoho pause for 30 s, 1 min, 2 min …; only a lasting one is worth a message. */
const longPauseMs = 2 * MINUTE;
const longGapMs = 5 * MINUTE;
const lateIsOverSeconds = 60;
const oldQuestionDays = 2;
/** Dead letters count too: the legal deadline runs whatever the reason. */
const complianceLateSeconds = 15 * 60;
const creditsAreFine = 0.75;

const watches: readonly Watch[] = [
  {
    name: "not_this_project",
    title: "The database belongs to another project",
    detail: ({ identity: { isOwn, projectHost, askedBy } }) =>
      isOwn ? null : `it belongs to ${projectHost}, these functions to ${askedBy}: nothing is written`,
  },
  {
    name: "oldest_unsent",
    title: "A change has waited too long to reach Zoho",
    detail: ({ queue: { oldestUnsentSeconds: age, waiting }, identity: { observingSince } }, { wasOn }) =>
      observingSince === null && age !== null && age > (wasOn ? lateIsOverSeconds : lateSeconds)
        ? `the oldest of ${count(waiting, "change")} has waited for ${count(Math.floor(age / 60), "minute")}`
        : null,
  },
  {
    name: "dead_letters",
    title: "Changes that retries will not fix",
    detail: ({ queue: { dead } }) => dead > 0 ? `${count(dead, "dead letter")}: see Problems` : null,
  },
  {
    name: "paused",
    title: "Sending is paused",
    detail: ({ paused, at }, { wasOn }) => {
      if (!paused || tokenFaults.includes(paused.code)) return null;
      const leftMs = paused.until === null ? Infinity : Date.parse(paused.until) - Date.parse(at);
      // A reported pause is over when nothing is paused, not when little of it is left.
      if (!wasOn && leftMs <= longPauseMs) return null;
      return `${paused.code}, ${
        paused.until === null ? "until a person resumes it" : `until ${paused.until}`
      }`;
    },
  },
  {
    name: "token_refused",
    title: "Zoho refuses our token",
    detail: ({ paused, token }) => {
      const code = [paused?.code, token?.errorCode].find((each) => tokenFaults.includes(each ?? ""));
      return code === undefined ? null : `${code}: nothing is sent until a person corrects it`;
    },
  },
  {
    name: "channel_silent",
    title: "Zoho sends no notifications",
    detail: (status, { silentHours }) => {
      const [expired] = expiredChannels(status);
      if (expired !== undefined) return `the channel for ${expired} has run out`;
      if (!isChannelSilent(status, silentHours)) return null;
      return `a channel is open and we wrote, but no notification came for ${
        count(silentHours, "hour")
      } and more`;
    },
  },
  {
    name: "credits",
    title: "Zoho's API credits are nearly used up",
    detail: ({ credits: { share, used, budget } }, { wasOn }) =>
      share >= (wasOn ? creditsAreFine : creditsLow)
        ? `${used.toLocaleString("en")} of ${budget.toLocaleString("en")} in 24 h (${
          Math.floor(share * 100)
        } %)`
        : null,
  },
  {
    name: "drift",
    title: "CircleTel and Zoho disagree",
    detail: ({ lastReconcile }) => {
      const found = lastReconcile?.differences ?? 0;
      return found > 0 ? `the last comparison found ${count(found, "difference")}` : null;
    },
  },
  {
    name: "questions",
    title: "Records wait for a person's decision",
    detail: ({ questions: { open } }) => open > 0 ? `${count(open, "question")}: see Problems` : null,
  },
  {
    name: "account_questions",
    title: "Companies wait for a decision about their Account",
    detail: ({ accountQuestions: { open } }) => open > 0 ? `${count(open, "question")}` : null,
  },
  {
    name: "old_questions",
    title: "A question has waited for more than two days",
    detail: ({ questions: { oldestAt }, at }) => {
      const days = oldestAt === null ? 0 : (Date.parse(at) - Date.parse(oldestAt)) / DAY;
      return days >= oldQuestionDays
        ? `the oldest for ${count(Math.floor(days), "day")}: see Questions`
        : null;
    },
  },
  {
    name: "unsent_compliance",
    title: "KYC or RICA results have not reached Zoho",
    detail: ({ identity, queue: { counts } }) => {
      if (identity.observingSince !== null) return null;
      const late = counts.filter(({ lane, ageSeconds }) => lane === 0 && ageSeconds > complianceLateSeconds);
      const changes = late.reduce((sum, each) => sum + each.count, 0);
      return changes > 0 ? `the oldest of ${count(changes, "change")} for over 15 minutes: see Queue` : null;
    },
  },
  {
    name: "field_problems",
    title: "Fields in Zoho are not as needed",
    detail: ({ fieldProblems: { open } }) => open > 0 ? `${count(open, "field")}: run the doctor` : null,
  },
  {
    name: "alerts_silent",
    title: "The check for alerts had stopped",
    detail: ({ alerts: { lastCheckedAt }, at }) => {
      const gapMs = lastCheckedAt === null ? 0 : Date.parse(at) - Date.parse(lastCheckedAt);
      return gapMs > longGapMs ? `no check ran for ${count(Math.floor(gapMs / MINUTE), "minute")}` : null;
    },
  },
];

export const alertNames = watches.map(({ name }) => name);

/** An alert's subject, in one sentence. */
export function titleOf(name: string): string {
  return watches.find((watch) => watch.name === name)?.title ?? name;
}

/** Every alert, on or off, from the status alone. */
export function conditions(status: StatusAnswer, silentHours: number): AlertCondition[] {
  return watches.map(({ name, detail }) => ({
    name,
    detail: detail(status, { wasOn: status.alerts.on.includes(name), silentHours }),
  }));
}

function count(number: number, what: string): string {
  return `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
}
