const QUARTER_MS = 15 * 60_000;
const FURTHEST_EAST_MS = 14 * 60 * 60_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/**
 * The calendar date of a moment in the business's time zone, as Zoho wants it: `yyyy-MM-dd`. A contract signed at
 * 23:30 UTC is signed on the next day in Johannesburg.
 */
export function calendarDate(moment: string | Date, timeZone: string): string {
  const formatter = formatters.get(timeZone) ?? newFormatter(timeZone);
  return formatter.format(typeof moment === "string" ? new Date(moment) : moment);
}

/** The first moment of a calendar date in the business's time zone; zones are whole quarters of an hour from UTC. */
export function startOfDay(date: string, timeZone: string): Date {
  let ms = Date.parse(`${date}T00:00:00Z`) - FURTHEST_EAST_MS;
  while (calendarDate(new Date(ms), timeZone) < date) ms += QUARTER_MS;
  return new Date(ms);
}

/** `yyyy-MM-dd` plus a number of days, on the calendar. */
export function addDays(date: string, days: number): string {
  const moment = new Date(`${date}T00:00:00Z`);
  moment.setUTCDate(moment.getUTCDate() + days);
  return moment.toISOString().slice(0, 10);
}

function newFormatter(timeZone: string): Intl.DateTimeFormat {
  // en-CA writes dates as yyyy-MM-dd.
  const formatter = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  formatters.set(timeZone, formatter);
  return formatter;
}
