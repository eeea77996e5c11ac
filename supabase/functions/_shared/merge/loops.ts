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
 * The loops once an attempt is opened: its corrections count even if its answer is lost. A field whose correction was
 * held back becomes contested; one that shows our value and rested for an hour is forgotten.
 */
export function loopsAtOpening(loops: Loops, result: MergeResult, nowMs: number): Loops {
  const next: Record<string, FieldLoop> = { ...loops };
  for (const field of result.calmed) {
    const loop = loopOf(loops, field);
    if (loop && loop.state !== "left" && recent(loop, nowMs).length === 0) delete next[field];
  }
  for (const field of result.corrections) {
    const loop = loopOf(loops, field);
    next[field] = {
      value: result.send[field] ?? null,
      correctedAtMs: [...(loop ? recent(loop, nowMs) : []), nowMs],
      state: loop?.state ?? "watched",
    };
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

/** The loops once a write is confirmed: its values are the ones that must not be sent twice. */
export function loopsAtSettlement(loops: Loops, confirmed: Fields): Loops {
  return Object.fromEntries(
    Object.entries(loops).map(([field, loop]) => [
      field,
      Object.hasOwn(confirmed, field) ? { ...loop, value: confirmed[field] ?? null } : loop,
    ]),
  );
}

/** What a person answered: corrections begin anew, or the field is Zoho's from now on. */
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
