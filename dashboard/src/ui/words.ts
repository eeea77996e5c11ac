import type { EntityType, FieldSide, Lane, ShownValue } from "../api/answers.ts";

export const laneWords: Readonly<Record<Lane, string>> = {
  0: "Compliance",
  1: "Ordinary",
  2: "Backfill",
};

export const entityWords: Readonly<Record<EntityType, string>> = {
  contract: "Contract",
  quote: "Quote",
  customer: "Customer",
  invoice: "Invoice",
};

export const ownerWords: Readonly<Record<FieldSide, string>> = {
  circletel: "CircleTel",
  shared: "Shared",
  zoho: "Zoho",
};

/** "1 change", "1,204 changes". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`;
}

export function wholeText(n: number): string {
  return Math.round(n).toLocaleString("en-GB");
}

export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits).replace(/\.0+$/, "")}\u00a0%`;
}

/** "340 ms", "2.4 s", "12 min". */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  return age(ms / 1_000);
}

const UNITS: [seconds: number, word: string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

/** The two largest units: "3 d 4 h", "12 min", "8 s". */
export function age(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const at = UNITS.findIndex(([size]) => whole >= size);
  const [size, word] = UNITS[at] ?? [1, "s"];
  const [nextSize, nextWord] = UNITS[at + 1] ?? [0, ""];
  const rest = nextSize > 1 ? Math.floor((whole % size) / nextSize) : 0;
  return `${Math.floor(whole / size)} ${word}${rest ? ` ${rest} ${nextWord}` : ""}`;
}

export function valueText(value: ShownValue | undefined): string {
  if (value === undefined || value === null || value === "") return "";
  if (typeof value === "number") return value.toLocaleString("en-GB");
  if (typeof value !== "object") return String(value);
  if (!Array.isArray(value) && typeof value.id === "string") return value.id;
  return JSON.stringify(value, null, 1);
}
