import { assertEquals } from "@std/assert";
import { pagesWorthReading } from "../../supabase/functions/_shared/sync/links/account_plan.ts";

// When the list of all Accounts is read in place of looking for companies one beginning after the other.

const cases: [what: string, lookups: number, leastAccounts: number, pages: number][] = [
  ["one company, of an org of which nothing is known", 2, 0, 1],
  ["one company, with more Accounts known than a page", 2, 200, 2],
  ["one company, with more known than its lookups", 2, 400, 0],
  ["a wave, of an org of which nothing is known: half of what its lookups cost", 17, 0, 9],
  ["a wave, with 1,900 known: as far as that", 17, 1_900, 10],
  ["a wave, with as many known as its lookups find", 17, 3_399, 17],
  ["a wave, with more known", 17, 3_400, 0],
  ["nothing to look for", 0, 0, 0],
];

for (const [what, lookups, leastAccounts, pages] of cases) {
  Deno.test(`pages of Accounts worth reading: ${what}`, () => {
    assertEquals(pagesWorthReading(lookups, leastAccounts), pages);
  });
}
