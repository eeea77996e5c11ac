import { type Check, fail } from "./check.ts";
import type { Fact } from "./fact.ts";

/** Judges a fact that is known; one that could not be read is a finding by itself. */
export function judged<T>(name: string, fact: Fact<T>, judge: (value: T) => Check[]): Check[] {
  if (fact.is === "unasked") return [];
  if (fact.is === "known") return judge(fact.value);
  return [
    fail(
      fact.finding ?? "UNREADABLE",
      name,
      `could not be read: ${fact.message} (${fact.code})`,
      fact.advice ?? "Look again; if it stays, the code says what Postgres refuses.",
      fact.docs ?? "docs/doctor.md#what-cannot-be-read",
    ),
  ];
}
