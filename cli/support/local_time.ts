/** "2026-11-23 10:00" in the reader's time zone; text that is not a timestamp stays unchanged. */
export function localTime(moment: string, timeZone?: string): string {
  const ms = Date.parse(moment);
  if (Number.isNaN(ms)) return moment;
  // Sweden writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" }).format(ms);
}
