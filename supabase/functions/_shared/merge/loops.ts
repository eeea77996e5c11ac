import type { Fields } from "../mapping/types.ts";
import type { FieldLoop, Loops, MergeResult } from "./types.ts";

const correctionsPerWindow = 3;
const windowMs = 60 * 60 * 1000;

export function loopOf(loops: Loops, field: string): FieldLoop | null {
  return Object.hasOwn(loops, field) ? loops[field] ?? null : null;
}

export function isLeftToZoho(loops: Loops, field: string): boolean {
  return loopOf(loops, field)?.state === "left";
}

/** Whether one more correction is allowed. */
export function mayCorrect(loops: Loops, field: string, nowMs: number): boolean {
  const loop = loopOf(loops, field);
  if (loop === null) return true;
  return loop.state === "watched" && recent(loop, nowMs).length < correctionsPerWindow;
}

/**
 * The loops as a decision leaves them: a field whose correction was held back becomes contested; one that shows our value
 * and rested for an hour is forgotten.
 */
export function loopsDecided(loops: Loops, result: MergeResult, nowMs: number): Loops {
  const next: Record<string, FieldLoop> = { ...loops };
  for (const field of result.calmed) {
    const loop = loopOf(loops, field);
    if (loop && loop.state !== "left" && recent(loop, nowMs).length === 0) delete next[field];
  }
  for (const { kind, field, ours } of result.questions) {
    const loop = field === null ? null : loopOf(loops, field);
    // The value that is held back, or it would pass for a new one once base holds theirs.
    if (kind === "contested" && field !== null && loop !== null) {
      next[field] = { ...loop, value: ours, state: "contested" };
    }
  }
  return next;
}

/**
 * The loops once a write is confirmed: its corrections count, and its values are the ones that must not be sent twice. One
 * that Zoho refused, or that was not heard of, does not count: a locked record and an outage would look like a workflow.
 */
export function loopsConfirmed(
  loops: Loops,
  confirmed: Fields,
  corrections: readonly string[],
  nowMs: number,
): Loops {
  const next: Record<string, FieldLoop> = { ...loops };
  for (const field of Object.keys(confirmed)) {
    const loop = loopOf(loops, field);
    const isCorrection = corrections.includes(field);
    if (loop === null && !isCorrection) continue;
    const corrected = loop === null ? [] : isCorrection ? recent(loop, nowMs) : loop.correctedAtMs;
    next[field] = {
      value: confirmed[field] ?? null,
      correctedAtMs: isCorrection ? [...corrected, nowMs] : corrected,
      state: loop?.state ?? "watched",
    };
  }
  return next;
}

/** A person's answer: corrections start again, or the field is left to Zoho. */
export function answerContested(loops: Loops, field: string, answer: "try_again" | "leave_to_zoho"): Loops {
  const loop = loopOf(loops, field);
  if (loop === null) return loops;
  return {
    ...loops,
    [field]: answer === "try_again"
      ? { ...loop, correctedAtMs: [], state: "watched" }
      : { ...loop, state: "left" },
  };
}

function recent({ correctedAtMs }: FieldLoop, nowMs: number): number[] {
  return correctedAtMs.filter((atMs) => nowMs - atMs < windowMs);
}
