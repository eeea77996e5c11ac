import { assert, assertEquals } from "@std/assert";
import { HOUR, MINUTE, SECOND } from "../../supabase/functions/_shared/platform/duration.ts";
import {
  attemptDelayMs,
  mostTriesPerCall,
  roundDelayMs,
} from "../../supabase/functions/_shared/sync/attempts/backoff.ts";

const almostOne = 1 - Number.EPSILON;

Deno.test("the attempts of a round wait 1, 2 and 4 seconds", () => {
  assertEquals(mostTriesPerCall, 3);
  assertEquals([1, 2, 3].map(attemptDelayMs), [SECOND, 2 * SECOND, 4 * SECOND]);
});

/** Shortest and longest wait before the next round, in seconds, by the rounds that failed before. */
const table: [rounds: number, shortest: number, longest: number][] = [
  [0, 60, 75],
  [1, 120, 150],
  [2, 240, 300],
  [3, 480, 600],
  [4, 960, 1_200],
  [5, 1_920, 2_400],
  [6, 3_840, 4_800],
  [7, 7_680, 9_600],
  [8, 15_360, 19_200],
  [9, 17_280, 21_600],
  [10, 17_280, 21_600],
  [11, 17_280, 21_600],
  [12, 17_280, 21_600],
];

Deno.test("rounds wait as the table says", () => {
  assertEquals(
    table.map((
      [rounds],
    ) => [rounds, roundDelayMs(rounds, 0) / SECOND, roundDelayMs(rounds, almostOne) / SECOND]),
    table,
  );
});

Deno.test("a round waits at least a minute and at most six hours, after however many rounds", () => {
  for (const rounds of [0, 1, 8, 20, 100, 10_000, Number.MAX_SAFE_INTEGER]) {
    for (const random of [0, 0.25, 0.5, almostOne]) {
      const wait = roundDelayMs(rounds, random);
      assert(wait >= MINUTE && wait <= 6 * HOUR, `${rounds} rounds wait ${wait} ms`);
    }
  }
});

Deno.test("randomness spreads a wait over its last fifth", () => {
  assertEquals([0, 0.5, almostOne].map((random) => roundDelayMs(0, random)), [60_000, 67_500, 75_000]);
});

Deno.test("a wait is a whole number of milliseconds", () => {
  for (const random of [0.1, 1 / 3, 0.7]) assert(Number.isInteger(roundDelayMs(2, random)));
});
