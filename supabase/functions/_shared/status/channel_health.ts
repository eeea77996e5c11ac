import { HOUR, MINUTE } from "../platform/duration.ts";
import type { StatusAnswer } from "./answer.ts";

/** Longer than this without a word although we wrote is silence. */
export const defaultSilentHours = 4;
/** Zoho delivers within seconds as a rule; this long an echo may take before it is missed. */
const patienceMs = 10 * MINUTE;

type Facts = Pick<StatusAnswer, "at" | "channels" | "lastHeardAt" | "lastWriteAt" | "day">;

/** Channels that Zoho has ended. */
export function expiredChannels({ at, channels }: Pick<StatusAnswer, "at" | "channels">): string[] {
  return channels
    .filter(({ expiresAt }) => expiresAt !== null && Date.parse(expiresAt) <= Date.parse(at))
    .map(({ module }) => module);
}

/**
 * Whether a channel is open and yet says nothing. Each of our writes is told back to us, so silence on a quiet weekend
 * is nothing, and silence after a write is a channel that does not work.
 */
export function isChannelSilent(facts: Facts, silentHours: number): boolean {
  const nowMs = Date.parse(facts.at);
  const isOpen = facts.channels.some(({ expiresAt }) => expiresAt !== null && Date.parse(expiresAt) > nowMs);
  if (!isOpen) return false;
  const heardMs = facts.lastHeardAt === null ? -Infinity : Date.parse(facts.lastHeardAt);
  if (nowMs - heardMs <= silentHours * HOUR) return false;
  const wroteMs = facts.lastWriteAt === null ? -Infinity : Date.parse(facts.lastWriteAt);
  if (wroteMs > heardMs && wroteMs < nowMs - patienceMs) return true;
  // While we write all the time the last write is always too young: an hour of writes that is over counts as well.
  return facts.day.hours.some(({ hour, succeeded }) =>
    succeeded > 0 && Date.parse(hour) >= heardMs && Date.parse(hour) + HOUR < nowMs - patienceMs
  );
}
