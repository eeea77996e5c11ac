/** "2026-11-23 10:00" by the clock of whoever reads it; a text that is no moment stays as it is. */
export function localTime(moment: string, timeZone?: string): string {
  const ms = Date.parse(moment);
  if (Number.isNaN(ms)) return moment;
  // Sweden writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" }).format(ms);
}
