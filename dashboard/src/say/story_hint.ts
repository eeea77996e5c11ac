import type { HistoryItem } from "../api/answers.ts";
import type { StorySays } from "./story_line.ts";
import { textIn } from "./story_values.ts";
import { type People, whoInZoho } from "./who.ts";

/** A hint that no look has spoken of in the log. */
export function hintSays({ status, details }: HistoryItem, people: People): StorySays {
  const by = textIn(details.modifiedBy);
  const who = whoInZoho(by, people);
  const reason = textIn(details.reason);
  const did = details.operation === "delete" ? "deleted the record" : "changed the record";
  switch (status) {
    case "received":
      return { who, did, why: "The record has not been looked at yet." };
    case "nothing_new":
      return by !== null && by === people.ownId
        ? { who: "Zoho", did: "reported CircleTel's own write", isQuiet: true }
        : {
          who,
          did,
          why: reason ?? "It changed nothing that CircleTel keeps.",
          isQuiet: true,
        };
    case "ignored":
      return {
        who,
        did,
        why: reason ?? "It is not a record of CircleTel's.",
        isQuiet: true,
      };
    case "unmapped":
      return { who, did, why: "No record of CircleTel was linked to it then." };
    case "failed":
      return {
        who,
        did,
        why: `It could not be applied: ${reason ?? "no reason is kept"}.`,
      };
    default:
      return { who, did, why: reason };
  }
}
