import { MINUTE, SECOND } from "../../../supabase/functions/_shared/platform/duration.ts";

/** The simulator's own time: the real time moved by an offset, so that an hour can pass in a test at once. */
export class Clock {
  offsetMs = 0;
  readonly #realNowMs: () => number;

  constructor(realNowMs: () => number = Date.now) {
    this.#realNowMs = realNowMs;
  }

  nowMs(): number {
    return this.#realNowMs() + this.offsetMs;
  }
}

/** Real wall-clock time with fractions of a millisecond; a fake clock must not distort a measured latency. */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Zoho stores times to the second. */
export function wholeSecond(ms: number): number {
  return Math.floor(ms / SECOND) * SECOND;
}

const pad = (value: number) => String(value).padStart(2, "0");

/** `2026-01-08T10:00:00+02:00`: ISO-8601 with the org's offset, never Z and never with fractions (facts §4.1). */
export function isoWithOffset(ms: number, offsetMinutes: number): string {
  const local = new Date(wholeSecond(ms) + offsetMinutes * MINUTE).toISOString().slice(0, 19);
  const sign = offsetMinutes < 0 ? "-" : "+";
  const distance = Math.abs(offsetMinutes);
  return `${local}${sign}${pad(Math.floor(distance / 60))}:${pad(distance % 60)}`;
}

const isoPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;

/** Milliseconds of an ISO time that names its offset, or undefined. */
export function parseIso(text: string): number | undefined {
  if (!isoPattern.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A calendar date that exists: 2026-02-30 does not. */
export function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
