import type { RetryAnswer } from "../api/answers.ts";
import { count } from "../ui/words.ts";

/** What a retry came to: one call makes 10,000 changes due at most. */
export function retriedText({ retried, more }: RetryAnswer): string {
  return `${count(retried, "change is", "changes are")} due again${
    more ? "; more are left, retry again" : ""
  }.`;
}
