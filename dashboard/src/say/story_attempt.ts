import type { HistoryItem } from "../api/answers.ts";
import type { StorySays } from "./story_line.ts";
import { fieldsIn, recordIn, textIn } from "./story_values.ts";
import type { ValuesBefore } from "./values_before.ts";
import { whoWrote } from "./who.ts";

/** What CircleTel sent, and what became of it. */
export function attemptSays({ status, summary, details }: HistoryItem, before: ValuesBefore): StorySays {
  const who = whoWrote(textIn(details.cause));
  const record = textIn(details.zohoType) ?? "the record";
  const sent = Object.entries(fieldsIn(details.sent)).filter(([field]) => field !== "CircleTel_Revision");
  const wanted = () => sent.map(([field, to]) => ({ field, to }));
  switch (status) {
    case "success": {
      const isNew = recordIn(details.answered).action === "insert";
      return {
        who,
        did: isNew ? `made the record in Zoho (${record})` : "sent a change, and Zoho confirmed it",
        changes: sent.map(([field, to]) => before.change(record, field, to)),
      };
    }
    case "pending":
      return {
        who,
        did: "is sending a change; Zoho has not answered yet",
        changes: wanted(),
      };
    case "retrying":
      return {
        who,
        did: "sent a change that did not arrive; it is tried again",
        changes: wanted(),
        why: summary,
      };
    default:
      return {
        who,
        did: "sent a change that Zoho did not take",
        changes: wanted(),
        why: summary,
      };
  }
}
