import { pageOf } from "../zoho/error_table.ts";
import { type Check, fail, ok, warn } from "./check.ts";
import type { DatabaseFacts } from "./database_facts.ts";
import type { Facts } from "./facts.ts";
import { judged } from "./judged.ts";

type Known<Name extends keyof DatabaseFacts> = Extract<DatabaseFacts[Name], { is: "known" }>["value"];

const operate = "docs/operate.md";
const minute = 60;
const oldQuestionHours = 48;
const ring = "In the SQL editor: select public.zoho_ring();";
const resume = "In the SQL editor: select public.zoho_resume(); (or Resume on the dashboard)";

/** Whether changes reach Zoho, and what waits for a person. Pure. */
export function judgeWork({ database: it, identity }: Facts): Check[] {
  const isObserving = identity.is === "known" && identity.value.observingSince !== null;
  return [
    ...judged("pause", it.pause, (pause) => [judgePause(pause)]),
    ...judged("queue", it.queue, (queue) => [
      judgeCredits(queue),
      ...(isObserving ? [waitsOnPurpose(queue)] : [judgeOldest(queue), judgeCompliance(queue)]),
      judgeDead(queue),
    ]),
    ...judged("questions", it.questions, (questions) => [judgeQuestions(questions)]),
  ];
}

function judgePause(pause: Known<"pause">): Check {
  if (pause === null) return ok("pause", "none");
  const { code, until, message } = pause;
  const found = `${until ? `until ${until}` : "until somebody resumes it"}: ${code ?? "unknown"}`;
  if (code === "PAUSED_BY_HAND") return warn("PAUSED_BY_HAND", "pause", found, resume, operate);
  const isUnknown = code === "UNKNOWN_WRITES";
  return fail(
    isUnknown ? "UNKNOWN_WRITES" : "PAUSED",
    "pause",
    message ? `${found}: ${message}` : found,
    isUnknown
      ? "No other deployment may write to this org; then Go on, on the dashboard under Problems."
      : `Mend what else is listed here; then: ${resume}`,
    `docs/errors/${pageOf(code ?? "")}.md`,
  );
}

/** What waits for credits is late, and no ring sends it. */
function judgeCredits({ open_lane: lane }: Known<"queue">): Check {
  const advice =
    "Nothing, if it can wait: what was spent a day ago comes back by itself. If the org may spend more: " +
    "Settings on the dashboard, the credits of a day.";
  if (lane === 0) {
    const found = "95 % of the day's are used: only compliance is sent";
    return fail("CREDITS_SPENT", "credits", found, advice, operate);
  }
  return lane === 1
    ? warn(
      "CREDITS_SPENT",
      "credits",
      "80 % of the day's are used: backfill and comparisons wait",
      advice,
      operate,
    )
    : ok("credits", "less than 80 % of the day's are used");
}

/** In observe mode nothing is sent, which is a finding of the identity's; the rest follows from it. */
function waitsOnPurpose({ waiting }: Known<"queue">): Check {
  return ok("oldest unsent change", `${waiting} wait, because the sync observes`);
}

function judgeOldest(queue: Known<"queue">): Check {
  const name = "oldest unsent change";
  const seconds = Math.max(queue.oldest_seconds, queue.unfolded_seconds);
  if (seconds < 5 * minute) {
    return ok(name, queue.waiting === 0 ? "none" : `${queue.waiting} wait, the oldest for ${seconds} s`);
  }
  const found = `has been due for ${Math.round(seconds / minute)} minutes`;
  const mend = `Mend what else is listed here; then: ${ring}`;
  return seconds < 15 * minute
    ? warn("UNSENT_CHANGES", name, found, mend, operate)
    : fail("UNSENT_CHANGES", name, found, mend, operate);
}

function judgeCompliance({ compliance }: Known<"queue">): Check {
  return compliance === 0 ? ok("unsent compliance", "none") : fail(
    "UNSENT_COMPLIANCE",
    "unsent compliance",
    `${compliance} KYC or RICA changes have not reached Zoho within 15 minutes`,
    "Look at Problems on the dashboard; Retry sends them again. What a person holds waits for its Release.",
    "docs/operate.md#dead-letters",
  );
}

function judgeDead({ dead }: Known<"queue">): Check {
  return dead === 0 ? ok("dead letters", "none") : warn(
    "DEAD_LETTERS",
    "dead letters",
    `${dead} changes wait for a person`,
    "Look at Problems on the dashboard; Retry sends them again.",
    "docs/operate.md#dead-letters",
  );
}

function judgeQuestions({ open, oldest_hours: hours }: Known<"questions">): Check {
  if (hours < oldQuestionHours) {
    return ok("questions", open === 0 ? "none" : `${open} wait, the oldest for ${hours} h`);
  }
  return warn(
    "OLD_QUESTIONS",
    "questions",
    `${open} wait for an answer, the oldest for ${Math.floor(hours / 24)} days`,
    "Answer them on the dashboard, under Problems.",
    "docs/operate.md#answer-a-question",
  );
}
