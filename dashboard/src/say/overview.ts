import type { StatusAnswer } from "../api/answers.ts";
import { linkTo } from "../route/route.ts";
import { age, count, duration, percent, wholeText } from "../ui/words.ts";

/** A moment is shown as an age or a clock time of the business's zone. */
export type Part =
  | string
  | {
    at: string | null;
    /** "until" is ahead: "in 4 min", and "now" once it has come. */
    as: "ago" | "time" | "until";
    none?: string;
  };

export interface TileSays {
  label: string;
  value: Part;
  note: Part[];
  tone: "good" | "warn" | "bad" | "neutral";
  /** The list behind the number. */
  to: string;
}

/** A change older than this is late: the alert "oldest unsent" goes off. */
const lateSeconds = 300;

export function tilesOf(status: StatusAnswer): TileSays[] {
  return [oldest(status), waiting(status), failures(status), speed(status), heard(status)];
}

function oldest({ queue, questions, accountQuestions, paused }: StatusAnswer): TileSays {
  const { oldestUnsentAt, oldestUnsentSeconds, dead } = queue;
  const label = "Oldest unsent change";
  const asked = questions.open + accountQuestions.open;
  if (oldestUnsentSeconds !== null) {
    return {
      label,
      value: age(oldestUnsentSeconds),
      note: ["since ", { at: oldestUnsentAt, as: "time" }],
      tone: oldestUnsentSeconds > lateSeconds ? "bad" : "neutral",
      to: linkTo("queue"),
    };
  }
  const none = {
    label,
    value: "none waits",
    to: linkTo(dead + asked > 0 ? "problems" : "queue"),
  };
  if (dead > 0) {
    return {
      ...none,
      note: [`${count(dead, "change")} failed and did not arrive`],
      tone: "bad",
    };
  }
  if (asked > 0) {
    return {
      ...none,
      note: [`${count(asked, "question")} not answered yet`],
      tone: "warn",
    };
  }
  if (queue.waiting > 0) {
    return {
      ...none,
      value: "none is late",
      note: [restOf(queue)],
      tone: "neutral",
    };
  }
  if (paused !== null) {
    return { ...none, note: ["sending is paused"], tone: "warn" };
  }
  return { ...none, note: ["nothing waits, nothing failed"], tone: "good" };
}

/** What waits on purpose: a backfill, or what a person holds. */
function restOf({ waiting, held, counts }: StatusAnswer["queue"]): string {
  const backfill = counts.filter(({ lane, status }) => lane === 2 && status !== "dead")
    .reduce((sum, row) => sum + row.count, 0);
  return held === 0 || backfill >= waiting
    ? `${wholeText(waiting)} of a backfill wait`
    : `${wholeText(waiting)} wait; ${count(held, "record is", "records are")} held`;
}

function waiting({ queue: { waiting, dead } }: StatusAnswer): TileSays {
  return {
    label: "Waiting in the queue",
    value: wholeText(waiting),
    note: [dead > 0 ? `and ${count(dead, "failed change")}` : "no failed changes"],
    tone: dead > 0 ? "bad" : "neutral",
    to: dead > 0 && waiting === 0 ? linkTo("problems") : linkTo("queue"),
  };
}

function failures({ day }: StatusAnswer): TileSays {
  return {
    label: "Attempts, 24 h",
    value: day.successRate === null ? "–" : percent(day.successRate),
    note: [`${wholeText(day.succeeded)} confirmed, ${wholeText(day.failed)} failed`],
    tone: "neutral",
    to: linkTo("attempts", "", {
      ...(day.failed > 0 && { status: "unsuccessful" }),
      // The day counts whole hours, so it begins before "24 hours ago".
      ...(day.hours[0] ? { from: day.hours[0].hour } : { span: "24h" }),
    }),
  };
}

function speed({ day }: StatusAnswer): TileSays {
  return {
    label: "From edit to Zoho, 24 h",
    value: day.p50Ms === null ? "–" : duration(day.p50Ms),
    note: [day.p95Ms === null ? "nothing was sent" : `95 of 100 within ${duration(day.p95Ms)}`],
    tone: "neutral",
    to: linkTo("attempts", "", { span: "24h" }),
  };
}

function heard({ lastHeardAt, lastWriteAt }: StatusAnswer): TileSays {
  return {
    label: "Last heard from Zoho",
    value: { at: lastHeardAt, as: "ago", none: "not yet" },
    note: [
      "last confirmed write ",
      {
        at: lastWriteAt,
        as: "ago",
        none: "never",
      },
    ],
    tone: "neutral",
    to: linkTo("events"),
  };
}

/** How the health card looks: green only over a status in which nothing failed, waits, rests or is asked, read just now. */
export type HealthLook = "good" | "busy" | "attention" | "trouble" | "stale";

export function healthLook(status: StatusAnswer, isFresh: boolean): HealthLook {
  const { health, queue, paused, questions, accountQuestions, notices, events, fieldProblems, resting } =
    status;
  if (health.level !== "good") return health.level;
  if (!isFresh) return "stale";
  if (queue.dead + events.failed > 0) return "trouble";
  if (paused !== null || resting.length > 0) return "attention";
  if (questions.open + accountQuestions.open + notices.open + fieldProblems.open > 0) return "attention";
  return queue.waiting > 0 ? "busy" : "good";
}
