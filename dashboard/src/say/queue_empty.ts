import type { StatusAnswer } from "../api/answers.ts";
import { count } from "../ui/words.ts";

/** What an empty list of the queue means: of a filter nothing more than that nothing of that kind waits. */
export function emptyQueueText(
  status: Pick<StatusAnswer, "queue" | "questions" | "accountQuestions"> | undefined,
  isFiltered: boolean,
): { title: string; more: string | null } {
  if (isFiltered) return { title: "Nothing matches these filters", more: null };
  const title = "The queue is empty";
  if (status === undefined) return { title, more: null };
  const { queue, questions, accountQuestions } = status;
  if (queue.noted > 0) {
    return {
      title,
      more: `${count(queue.noted, "changed row is", "changed rows are")} about to be put into it.`,
    };
  }
  // The list and the status are read one after the other: what waits has come, or gone, in between.
  if (queue.waiting > 0) return { title, more: null };
  if (queue.dead + questions.open + accountQuestions.open > 0) {
    return {
      title,
      more: "What failed or waits for an answer is under Problems.",
    };
  }
  // Not that all was sent: an operator may have dropped a change.
  return { title, more: "No change waits to be sent to Zoho." };
}
