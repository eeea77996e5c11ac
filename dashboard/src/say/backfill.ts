import type { BackfillAnswer } from "../api/answers.ts";
import { count, wholeText } from "../ui/words.ts";

/** What a run came to, or would come to, in one sentence. */
export function outcomeSentence({ outcome, dryRun, status }: BackfillAnswer): string | null {
  if (outcome === null) {
    return status === "cancelled" ? "It was cancelled before it came to its end." : null;
  }
  const { create, update, link, skip, refuse } = outcome;
  const would = dryRun ? "would be " : "";
  return (
    `${wholeText(create)} ${would}created, ${wholeText(update)} ${would}updated, ${
      wholeText(
        link,
      )
    } ${would}linked to records ` +
    `that exist, ${wholeText(skip)} up to date already, ${wholeText(refuse)} ${would}refused.`
  );
}

/** How far a run is. */
export function progressSentence({ progress: { done, total }, waitsFor, status }: BackfillAnswer): string {
  if (status !== "running") {
    return `${wholeText(done)} of ${count(total, "record")}`;
  }
  const waits = waitsFor === null
    ? ""
    : waitsFor === "CREDITS"
    ? "; it waits until Zoho's credits come back"
    : `; it waits, because sending is paused (${waitsFor})`;
  return total === 0 ? `counting records${waits}` : `${wholeText(done)} of ${count(total, "record")}${waits}`;
}

/** What it costs in Zoho's credits. */
export function creditSentence({ credits: { estimated, used }, dryRun }: BackfillAnswer): string {
  if (!dryRun) return `${count(used, "credit")} used`;
  return estimated === null
    ? `${count(used, "credit")} used to look`
    : `would cost about ${count(estimated, "credit")}; looking cost ${wholeText(used)}`;
}
