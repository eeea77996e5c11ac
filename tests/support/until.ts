import { setTimeout as delay } from "node:timers/promises";

/**
 * Ends a test that hangs; nothing is measured with it. It is far above what any wait takes, also on a machine that does
 * ten other things: how fast something is belongs to `deno task bench`.
 */
const usualCeilingMs = 180_000;

interface Waiting {
  /** What is waited for, for the error; the condition's own text unless given. */
  what?: string;
  /** What there is instead, for the error; asked when the ceiling is reached. */
  seen?: () => unknown;
  everyMs?: number;
  /** For what takes minutes by itself, such as a benchmark. */
  ceilingMs?: number;
}

/**
 * Asks until the answer is neither false nor undefined nor null and returns it. For what happens in another process,
 * whose clock cannot be faked. An error names what was waited for and what was last seen.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { what = String(condition), seen, everyMs = 20, ceilingMs = usualCeilingMs }: Waiting = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadlineMs = performance.now() + ceilingMs;
  for (;;) {
    const answer = await condition();
    if (answer !== false && answer !== undefined && answer !== null) {
      return answer as NonNullable<Exclude<T, false>>;
    }
    if (performance.now() >= deadlineMs) {
      const instead = seen ? `; last seen: ${JSON.stringify(await seen())}` : "";
      throw new Error(`${what}: not within ${ceilingMs / 1000} s${instead}`);
    }
    await delay(everyMs);
  }
}
