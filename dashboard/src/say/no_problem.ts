import type { StatusAnswer } from "../api/answers.ts";

/** What is to be known beside "no change has failed for good": that nothing failed does not say that all was sent. */
export function noProblemText(
  status: Pick<StatusAnswer, "questions" | "accountQuestions" | "paused" | "identity" | "queue"> | undefined,
): string | null {
  if (status === undefined) return null;
  const { questions, accountQuestions, paused, identity, queue } = status;
  if (questions.open + accountQuestions.open > 0) return "The questions below are still open.";
  if (!identity.isOwn) return "Nothing is sent until a person adopts this database.";
  if (identity.observingSince !== null) return "Observe mode: changes wait, and nothing is sent.";
  if (paused !== null) return "What waits is sent when the sync goes on.";
  return queue.waiting > 0 ? "What waits is under Queue." : "No change waits to be sent to Zoho.";
}
