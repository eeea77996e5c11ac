import { assert, assertEquals } from "@std/assert";
import { isCalendarDate, isoWithOffset } from "../../local/zoho/core/clock.ts";
import { MINUTE } from "../../supabase/functions/_shared/platform/duration.ts";
import { IdSource, seeded } from "../../local/zoho/core/random.ts";
import { CreditLedger, creditsOfWrite, remainingHeader } from "../../local/zoho/limits/credits.ts";
import { Lanes } from "../../local/zoho/limits/lanes.ts";
import { expiryOf } from "../../local/zoho/notify/channels.ts";
import { covers } from "../../local/zoho/oauth/scopes.ts";
import { conditionsOf, parseCriteria } from "../../local/zoho/search/criteria.ts";

Deno.test("times carry the org's offset and no fraction of a second", () => {
  const ms = Date.parse("2026-01-08T08:00:00.987Z");
  assertEquals(isoWithOffset(ms, 120), "2026-01-08T10:00:00+02:00");
  assertEquals(isoWithOffset(ms, -330), "2026-01-08T02:30:00-05:30");
});

Deno.test("a date is one that exists", () => {
  assert(isCalendarDate("2024-02-29"));
  assert(!isCalendarDate("2026-02-29"));
  assert(!isCalendarDate("08/01/2026"));
});

Deno.test("the same seed gives the same ids, of 19 digits and in order", () => {
  const [left, right] = [new IdSource(seeded(7)), new IdSource(seeded(7))];
  const ids = Array.from({ length: 50 }, () => left.next());
  assertEquals(ids, Array.from({ length: 50 }, () => right.next()));
  assert(ids.every((id) => /^\d{19}$/.test(id)));
  assertEquals(ids, ids.toSorted());
});

Deno.test("credits are counted over the last 24 hours, not by the calendar day", () => {
  const ledger = new CreditLedger();
  ledger.spend(10, 0);
  ledger.spend(5, 60 * MINUTE);
  assertEquals(ledger.usedAt(23 * 60 * MINUTE), 15);
  assertEquals(ledger.usedAt(24 * 60 * MINUTE), 5);
  assertEquals(ledger.usedAt(25 * 60 * MINUTE), 0);
});

Deno.test("a write costs a credit for every ten records or part of ten", () => {
  assertEquals([1, 10, 11, 100].map(creditsOfWrite), [1, 1, 2, 10]);
});

Deno.test("the credit header appears once half of the budget is used, always, or never", () => {
  assertEquals(remainingHeader(49, 100, "past_half"), {});
  assertEquals(remainingHeader(50, 100, "past_half"), { "X-API-CREDITS-REMAINING": "50" });
  assertEquals(remainingHeader(0, 100, "always"), { "X-API-CREDITS-REMAINING": "100" });
  assertEquals(remainingHeader(99, 100, "never"), {});
});

Deno.test("a place in a lane is free again after the call, and heavy calls have fewer", () => {
  const lanes = new Lanes();
  const first = lanes.enter(1, true, 2, 1);
  assert(first !== undefined);
  assertEquals(lanes.enter(1, true, 2, 1), undefined);
  assert(lanes.enter(1, false, 2, 1) !== undefined);
  assertEquals(lanes.enter(1, false, 2, 1), undefined);
  first?.();
  assert(lanes.enter(1, true, 2, 1) !== undefined);
});

Deno.test("a scope covers its own operation, its ALL, and WRITE the writing ones", () => {
  assert(covers(["ZohoCRM.modules.ALL"], "ZohoCRM.modules.deals.CREATE"));
  assert(covers(["ZohoCRM.modules.deals.WRITE"], "ZohoCRM.modules.deals.UPDATE"));
  assert(!covers(["ZohoCRM.modules.deals.WRITE"], "ZohoCRM.modules.deals.READ"));
  assert(!covers(["ZohoCRM.modules.quotes.ALL"], "ZohoCRM.modules.deals.READ"));
});

Deno.test("a channel lives for at most a week, and a longer request silently gives an hour", () => {
  const day = 24 * 60 * MINUTE;
  assertEquals(expiryOf("1970-01-07T00:00:00+00:00", 0, 8), 6 * day);
  assertEquals(expiryOf("1970-01-09T00:00:00+00:00", 0, 8), 60 * MINUTE);
  assertEquals(expiryOf("1970-01-07T00:00:00+00:00", 0, 3), 60 * MINUTE);
  assertEquals(expiryOf(undefined, 0, 8), 60 * MINUTE);
});

Deno.test("brackets and commas in a search value are escaped with a backslash", () => {
  const tree = parseCriteria("((Last_Name:equals:Burns\\,B \\(x\\))and(Stage:in:A,B))");
  assertEquals(conditionsOf(tree).map((condition) => condition.values), [["Burns,B (x)"], ["A", "B"]]);
});
