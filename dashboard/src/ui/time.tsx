import { createContext, useContext } from "react";
import { useNow } from "../live/use_live.ts";
import { age } from "./words.ts";

/** The business's zone, as /status tells it; until then the default of ZOHO_TIME_ZONE. */
export const ZoneContext = createContext("Africa/Johannesburg");

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${name}`;
  const known = formats.get(key) ??
    new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      ...options,
    });
  formats.set(key, known);
  return known;
}

const CLOCK: Intl.DateTimeFormatOptions = {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
};

export function clockText(zone: string, ms: number): string {
  return format(zone, "clock", CLOCK).format(ms);
}

export function hourText(zone: string, ms: number): string {
  return format(zone, "hour", { hour: "2-digit", minute: "2-digit" }).format(ms);
}

export function momentText(zone: string, ms: number): string {
  return format(zone, "moment", { day: "numeric", month: "short", ...CLOCK })
    .format(ms)
    .replace(",", "");
}

/** Everything about a moment: "Monday 23 November 2026 at 06:21:05 GMT+2 (2026-11-23T04:21:05.123Z)". */
export function exactText(zone: string, ms: number): string {
  const long = format(zone, "exact", { dateStyle: "full", timeStyle: "long" }).format(ms);
  return `${long} (${new Date(ms).toISOString()})`;
}

interface Props {
  at: string | number | null | undefined;
  /** Shown when there is no moment. */
  none?: string;
}

/** Day and clock in the business's zone, the exact moment on hover. */
export function Time({ at, none = "never" }: Props) {
  const zone = useContext(ZoneContext);
  const ms = msOf(at);
  if (ms === null) return <span className="quiet">{none}</span>;
  return <Stamp ms={ms} zone={zone} text={momentText(zone, ms)} />;
}

/** "4 min ago" or "in 3 h", the exact moment on hover. */
export function Ago({ at, none = "never" }: Props) {
  const zone = useContext(ZoneContext);
  const nowMs = useNow();
  const ms = msOf(at);
  if (ms === null) return <span className="quiet">{none}</span>;
  const seconds = (nowMs - ms) / 1_000;
  const text = seconds < -1 ? `in ${age(-seconds)}` : seconds < 2 ? "just now" : `${age(seconds)} ago`;
  return <Stamp ms={ms} zone={zone} text={text} />;
}

/** A moment ahead, "in 3 h"; once it has come, "now": what is due then has not been heard of yet. */
export function In({ at }: Pick<Props, "at">) {
  const zone = useContext(ZoneContext);
  const nowMs = useNow();
  const ms = msOf(at);
  if (ms === null) return null;
  return <Stamp ms={ms} zone={zone} text={ms - nowMs < 1_000 ? "now" : `in ${age((ms - nowMs) / 1_000)}`} />;
}

function Stamp({ ms, zone, text }: { ms: number; zone: string; text: string }) {
  return (
    <time dateTime={new Date(ms).toISOString()} title={exactText(zone, ms)}>
      {text}
    </time>
  );
}

function msOf(at: string | number | null | undefined): number | null {
  if (at === null || at === undefined) return null;
  const ms = typeof at === "number" ? at : Date.parse(at);
  return Number.isNaN(ms) ? null : ms;
}
