/** A run's counts, from its row. */
export interface Counts {
  match: number;
  differs: number;
  missing: number;
  extra: number;
  queued: number;
}

/**
 * "As of 18:00: 412 match, 3 differ, 1 missing", with ", 2 extra" and ", 4 still on their way" when there are any.
 *
 * @param asOf when the run ended
 * @param now a report from another day includes the date
 */
export function firstLine(counts: Counts, asOf: Date, now: Date, timeZone: string): string {
  return `As of ${clockTime(asOf, now, timeZone)}: ${countsInWords(counts)}`;
}

export function countsInWords({ match, differs, missing, extra, queued }: Counts): string {
  return [
    match === 1 ? "1 matches" : `${match} match`,
    differs === 1 ? "1 differs" : `${differs} differ`,
    `${missing} missing`,
    ...(extra > 0 ? [`${extra} extra`] : []),
    ...(queued > 0 ? [`${queued} still on ${queued === 1 ? "its" : "their"} way`] : []),
  ].join(", ");
}

function clockTime(moment: Date, now: Date, timeZone: string): string {
  const time = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" }).format(
    moment,
  );
  const day = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
  return day.format(moment) === day.format(now) ? time : `${day.format(moment)} ${time}`;
}
