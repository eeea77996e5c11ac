import { assertEquals } from "@std/assert";
import { futureMoment, knownDate, knownMoment } from "../../supabase/functions/_shared/admin/validate.ts";

const CASES: [what: string, isTaken: boolean, took: boolean][] = [
  ["a moment of today", true, knownMoment.safeParse("2026-11-28T20:00:00.123456+02:00").success],
  ["the year 0, which Postgres lacks", false, knownMoment.safeParse("0000-01-01T00:00:00Z").success],
  ["an offset that Postgres refuses", false, knownMoment.safeParse("2026-11-28T20:00:00+23:59").success],
  ["the furthest offset that people use", true, knownMoment.safeParse("2026-11-28T20:00:00+14:00").success],
  ["a date", true, knownDate.safeParse("2026-01-31").success],
  ["a date of the year 0", false, knownDate.safeParse("0000-01-31").success],
  ["a pause of a year", true, futureMoment.safeParse(inDays(365)).success],
  ["a pause whose seconds do not fit", false, futureMoment.safeParse("9999-01-01T00:00:00Z").success],
  ["a pause that is over", false, futureMoment.safeParse(inDays(-1)).success],
];

for (const [what, isTaken, took] of CASES) {
  Deno.test(`${what} is ${isTaken ? "taken" : "refused as an argument"}`, () => assertEquals(took, isTaken));
}

function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString();
}
