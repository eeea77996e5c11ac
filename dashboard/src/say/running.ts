import type { StatusAnswer } from "../api/answers.ts";

export interface RunningBadge {
  text: "Running" | "Paused" | "Observing" | "Not adopted" | "Not fresh";
  tone: "good" | "warn";
}

/** The badge in the header of every page: "Running" only where something may be written, as the project says just now. */
export function runningBadge(
  { paused, identity }: Pick<StatusAnswer, "paused" | "identity">,
  isFresh: boolean,
): RunningBadge {
  if (paused !== null) return { text: "Paused", tone: "warn" };
  if (!identity.isOwn) return { text: "Not adopted", tone: "warn" };
  if (identity.observingSince !== null) return { text: "Observing", tone: "warn" };
  return isFresh ? { text: "Running", tone: "good" } : { text: "Not fresh", tone: "warn" };
}
