import { assertEquals, assertThrows } from "@std/assert";
import { addDays, calendarDate, startOfDay } from "../../supabase/functions/_shared/mapping/dates.ts";

Deno.test("a moment's calendar date is that of its time zone", () => {
  const moment = "2026-11-20T23:30:00Z";
  const rows = [
    ["UTC", "2026-11-20"],
    ["Africa/Johannesburg", "2026-11-21"],
    ["America/Los_Angeles", "2026-11-20"],
    ["Pacific/Kiritimati", "2026-11-21"],
  ] as const;
  for (const [timeZone, date] of rows) assertEquals(calendarDate(moment, timeZone), date, timeZone);
});

Deno.test("a date is written with four, two and two digits", () => {
  assertEquals(calendarDate("2026-01-02T10:00:00Z", "UTC"), "2026-01-02");
});

Deno.test("Postgres's spellings of a moment are parsed", () => {
  for (
    const moment of [
      "2026-11-20T22:30:00+00:00",
      "2026-11-20T22:30:00.123456+00:00",
      "2026-11-21T00:30:00+02:00",
    ]
  ) {
    assertEquals(calendarDate(moment, "Africa/Johannesburg"), "2026-11-21", moment);
  }
});

Deno.test("a Date gives the same as its text", () => {
  assertEquals(calendarDate(new Date("2026-11-20T22:30:00Z"), "Africa/Johannesburg"), "2026-11-21");
});

Deno.test("days are added on the calendar, over months, years and leap days", () => {
  const rows = [
    ["2026-11-01", 30, "2026-12-01"],
    ["2026-12-15", 30, "2027-01-14"],
    ["2028-02-28", 1, "2028-02-29"],
    ["2027-02-28", 1, "2027-03-01"],
    ["2026-11-01", 0, "2026-11-01"],
    ["2026-03-01", -1, "2026-02-28"],
  ] as const;
  for (const [date, days, sum] of rows) assertEquals(addDays(date, days), sum, `${date} and ${days}`);
});

Deno.test("an invalid moment is refused, not turned into some date", () => {
  assertThrows(() => calendarDate("next Tuesday", "UTC"), RangeError);
});

Deno.test("a calendar date begins at midnight of its time zone, also on a day that has no midnight", () => {
  const rows = [
    ["UTC", "2026-11-20", "2026-11-20T00:00:00.000Z"],
    ["Africa/Johannesburg", "2026-11-20", "2026-11-19T22:00:00.000Z"],
    ["Asia/Kathmandu", "2026-11-20", "2026-11-19T18:15:00.000Z"],
    ["Pacific/Kiritimati", "2026-11-20", "2026-11-19T10:00:00.000Z"],
    ["Etc/GMT+12", "2026-11-20", "2026-11-20T12:00:00.000Z"],
    // The clocks of Cairo go from 23:59:59 to 01:00.
    ["Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00.000Z"],
  ] as const;
  for (const [timeZone, date, moment] of rows) {
    assertEquals(startOfDay(date, timeZone).toISOString(), moment, timeZone);
  }
});
