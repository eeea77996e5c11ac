const SECOND = 1_000;

/** Between two readings without a ring. */
export const POLL_MS = 5 * SECOND;
/** With Realtime a poll makes up for a lost ring, and finds what does not ring: an event that changed nothing of ours. */
export const RELAXED_POLL_MS = 15 * SECOND;
const LONGEST_MS = 60 * SECOND;

/** How long to wait before the next reading: longer with every failure in a row. */
export function waitMs(failures: number, everyMs: number): number {
  return failures === 0 ? everyMs : Math.max(everyMs, Math.min(LONGEST_MS, everyMs * 2 ** failures));
}

/** A reading is stale when two of its turns were missed. */
export function isStale(asOfMs: number | undefined, nowMs: number, everyMs: number): boolean {
  return asOfMs !== undefined && nowMs - asOfMs > 2 * everyMs + 5 * SECOND;
}
