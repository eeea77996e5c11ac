import { assertEquals, assertThrows } from "@std/assert";
import { parseSchedule } from "../../local/cron_schedule.ts";

const at = (time: string) => Date.parse(`2026-11-22T${time}Z`);

Deno.test("a schedule in seconds is due that long after its last start", () => {
  assertEquals(parseSchedule("30 seconds")(at("10:00:00")), at("10:00:30"));
  assertEquals(parseSchedule(" 1 Second ")(at("10:00:00")), at("10:00:01"));
});

Deno.test("a schedule of five fields is read in UTC, and $ is the last day of the month", () => {
  assertEquals(parseSchedule("*/5 * * * *")(at("10:02:11")), at("10:05:00"));
  assertEquals(parseSchedule("0 2 * * *")(at("10:00:00")), Date.parse("2026-11-23T02:00:00Z"));
  assertEquals(parseSchedule("0 0 $ * *")(at("10:00:00")), Date.parse("2026-11-30T00:00:00Z"));
});

Deno.test("a schedule of six fields is refused", () => {
  assertThrows(() => parseSchedule("* * * * * *"), RangeError);
});
