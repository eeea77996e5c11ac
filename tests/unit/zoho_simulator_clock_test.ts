import { assertEquals } from "@std/assert";
import { Agenda } from "../../local/zoho/core/agenda.ts";
import { comparable, order } from "../../local/zoho/core/compare.ts";
import { DAY, MINUTE } from "../../supabase/functions/_shared/platform/duration.ts";
import { parseJson } from "../../local/zoho/core/json.ts";
import { CreditLedger } from "../../local/zoho/limits/credits.ts";
import { OtherApps } from "../../local/zoho/limits/other_apps.ts";

Deno.test("an agenda returns its acts by time, and those of one time in their order", () => {
  const agenda = new Agenda(() => 0);
  const done: string[] = [];
  for (const [atMs, name] of [[30, "c"], [10, "a"], [10, "b"]] as const) {
    agenda.add(atMs, () => done.push(name));
  }
  while (agenda.nextDueMs(20) !== undefined) agenda.runNext();
  assertEquals([done.join(""), agenda.nextDueMs(30)], ["ab", 30]);
  agenda.clear();
  assertEquals(agenda.nextDueMs(30), undefined);
});

Deno.test("other apps spend per minute from the time their rate is set, and no further back than a day", () => {
  const ledger = new CreditLedger();
  const apps = new OtherApps();
  const used: number[] = [];
  for (
    const [minute, rate] of [[100, 0], [110, 5], [112, 5], [112, 5], [120, 0], [130, 5], [131, 5]] as const
  ) {
    apps.catchUp(ledger, rate, minute * MINUTE);
    used.push(ledger.usedAt(minute * MINUTE));
  }
  assertEquals(used, [0, 0, 10, 10, 10, 10, 15]);
  apps.catchUp(ledger, 1, 131 * MINUTE + 9 * DAY);
  assertEquals(ledger.usedAt(131 * MINUTE + 9 * DAY), 24 * 60);
});

Deno.test("whole numbers beyond 2^53 keep their digits, and others stay numbers", () => {
  assertEquals(parseJson('{"a":9007199254740993,"b":1.5,"c":9007199254740991,"d":"9007199254740993"}'), {
    a: "9007199254740993",
    b: 1.5,
    c: 9007199254740991,
    d: "9007199254740993",
  });
  assertEquals(parseJson('{"a":'), undefined);
});

Deno.test("two bigints are ordered by all of their digits", () => {
  const compared = (left: string, right: string) =>
    order(comparable(left, "bigint"), comparable(right, "bigint"));
  assertEquals(compared("9", "10"), -1);
  assertEquals(compared("9007199254740993", "9007199254740992"), 1);
  assertEquals(compared("007", "7"), 0);
  assertEquals(comparable(true, "bigint"), "true");
});
