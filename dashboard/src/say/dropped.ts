import type { DropAnswer } from "../api/answers.ts";
import { count } from "../ui/words.ts";

/** What a drop came to: a change that is being sent stays, and one that left the queue before is not there to be dropped. */
export function droppedText({ dropped, busy }: Pick<DropAnswer, "dropped" | "busy">, asked: number): string {
  const gone = asked - dropped - busy;
  return [
    `${count(dropped, "change was", "changes were")} dropped`,
    busy > 0 && `${count(busy, "is", "are")} being sent at this moment and ${busy === 1 ? "stays" : "stay"}`,
    gone > 0 && `${count(gone, "was", "were")} no longer in the queue`,
  ].filter(Boolean).join("; ") + ".";
}
