import { HOUR, MINUTE } from "../platform/duration.ts";
import type { StatusAnswer } from "./answer.ts";

/** A channel without notifications for this long after our writes counts as silent. */
export const defaultSilentHours = 4;
/** Zoho usually delivers within seconds; an echo may take this long before it counts as missing. */
const patienceMs = 10 * MINUTE;

type Facts = Pick<StatusAnswer, "at" | "channels" | "lastHeardAt" | "lastWriteAt" | "day">;

/** Channels that Zoho has ended. */
export function expiredChannels({ at, channels }: Pick<StatusAnswer, "at" | "channels">): string[] {
  return channels
    .filter(({ expiresAt }) => expiresAt !== null && Date.parse(expiresAt) <= Date.parse(at))
    .map(({ module }) => module);
}

/**
 * Whether a channel is open but sends nothing. Each of our writes comes back as a notification, so silence on a quiet weekend
 * is normal, and silence after a write means that the channel does not work.
 */
export function isChannelSilent(facts: Facts, silentHours: number): boolean {
  const nowMs = Date.parse(facts.at);
  const isOpen = facts.channels.some(({ expiresAt }) => expiresAt !== null && Date.parse(expiresAt) > nowMs);
  if (!isOpen) return false;
  const heardMs = facts.lastHeardAt === null ? -Infinity : Date.parse(facts.lastHeardAt);
  if (nowMs - heardMs <= silentHours * HOUR) return false;
  const wroteMs = facts.lastWriteAt === null ? -Infinity : Date.parse(facts.lastWriteAt);
  if (wroteMs > heardMs && wroteMs < nowMs - patienceMs) return true;
  // Under constant writes the last one is always too recent, so a past hour with writes counts as well.
  return facts.day.hours.some(({ hour, succeeded }) =>
    succeeded > 0 && Date.parse(hour) >= heardMs && Date.parse(hour) + HOUR < nowMs - patienceMs
  );
}
