import { HOUR, MINUTE, SECOND } from "../../platform/duration.ts";

/** Attempts in one round, as the original service had it. */
export const mostTriesPerCall = 3;

/** The wait after the nth attempt of a round, in milliseconds: 1 s, 2 s, 4 s. */
export function attemptDelayMs(attempt: number): number {
  return SECOND * 2 ** (attempt - 1);
}

/**
 * The wait before the next round of a change, in milliseconds: 1, 2, 4 … minutes, 6 hours at most. A fifth of it is
 * by chance, so that changes that failed together do not come back together.
 *
 * @param rounds rounds that failed before this one
 * @param random a number from 0 up to 1
 */
export function roundDelayMs(rounds: number, random: number): number {
  const longest = Math.min(1.25 * MINUTE * 2 ** Math.min(rounds, 20), 6 * HOUR);
  return Math.round(longest * (0.8 + 0.2 * random));
}
