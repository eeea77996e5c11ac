import { Cron } from "croner";

/** Answers when a job is due next, in epoch milliseconds, if it was due (or started) at `afterMs`. */
export type Schedule = (afterMs: number) => number;

const SECONDS = /^\s*(\d+)\s+seconds?\s*$/i;

/** Reads what pg_cron reads: five fields in UTC, where $ is the last day of the month, or 'N seconds'. */
export function parseSchedule(text: string): Schedule {
  const [, seconds] = SECONDS.exec(text) ?? [];
  if (seconds) return (afterMs) => afterMs + Number(seconds) * 1_000;

  const fields = text.trim().replaceAll("$", "L");
  if (fields.split(/\s+/).length !== 5) throw new RangeError(`invalid schedule: ${text}`);
  const cron = new Cron(fields, { timezone: "UTC", paused: true });
  return (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() ?? Infinity;
}
