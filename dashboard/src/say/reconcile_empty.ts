import type { ReconcileAnswer } from "../api/answers.ts";

/** What an empty list of differences means: that every record matches only a full comparison says that came to its end. */
export function emptyReportText(run: ReconcileAnswer["run"] | undefined, isFiltered: boolean): string {
  if (isFiltered) return "None of these";
  if (run === undefined || run.status === "running") return "No difference found so far";
  if (run.status === "failed") return "No difference was found before the comparison failed";
  return run.kind === "full"
    ? "Every record matches"
    : "Every record that changed since the last comparison matches";
}
