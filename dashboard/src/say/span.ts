/** A span of time as an address keeps it: two moments, or how far back from now. */
export interface TimeSpan {
  from: string | null;
  to: string | null;
}

const HOUR_MS = 3_600_000;

/** How far back a list goes, by what is chosen. */
export const spans: readonly (readonly [value: string, text: string])[] = [
  ["", "Any time"],
  ["1h", "Last hour"],
  ["24h", "Last 24 hours"],
  ["168h", "Last 7 days"],
];

/** The span of a choice, rounded to the minute so that it names the same list until the next one. */
export function spanOf(choice: string, nowMs: number): TimeSpan {
  const hours = Number(/^(\d+)h$/.exec(choice)?.[1] ?? 0);
  if (hours === 0) return { from: null, to: null };
  const minuteMs = 60_000;
  return {
    from: new Date(Math.floor(nowMs / minuteMs) * minuteMs - hours * HOUR_MS).toISOString(),
    to: null,
  };
}

/** The hour that begins at a moment: what a bar of the overview opens. */
export function hourFrom(hour: string): { from: string; to: string } {
  const atMs = Date.parse(hour);
  return { from: new Date(atMs).toISOString(), to: new Date(atMs + HOUR_MS).toISOString() };
}
