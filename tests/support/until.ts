import { setTimeout as delay } from "node:timers/promises";

/**
 * Asks until the answer is neither false nor undefined and returns it. For what happens in another process, whose
 * clock cannot be faked; an error names what was waited for.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 20_000, everyMs = 20, what = "condition" }: {
    timeoutMs?: number;
    everyMs?: number;
    what?: string;
  } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + timeoutMs;
  while (true) {
    const answer = await condition();
    if (answer !== false && answer !== undefined && answer !== null) {
      return answer as NonNullable<Exclude<T, false>>;
    }
    if (Date.now() >= deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(everyMs);
  }
}
