import type { HistoryItem } from "../api/answers.ts";
import type { StorySays } from "./story_line.ts";
import { listText, recordIn, textIn, valueIn } from "./story_values.ts";
import type { ValuesBefore } from "./values_before.ts";
import { type People, whoInZoho } from "./who.ts";

/** What a look at the record found, and what was done about it. */
export function lookSays(
  { status, summary, details }: HistoryItem,
  people: People,
  before: ValuesBefore,
): StorySays {
  const answered = recordIn(details.answered);
  const who = whoInZoho(textIn(answered.by), people);
  const stage = valueIn(answered.stage);
  const moved = stage === undefined ? "moved the stage" : `moved the stage to ${String(stage)}`;
  switch (status) {
    case "applied": {
      if (stage !== undefined) before.remember(textIn(details.zohoType) ?? "", "Stage", stage);
      const [from, to] = [valueIn(answered.from), valueIn(answered.to)];
      return {
        who,
        did: moved,
        changes: to === undefined ? [] : [
          {
            field: "Status in CircleTel",
            ...(from !== undefined && { from }),
            to,
          },
        ],
        why: "A stage moved in Zoho counts: CircleTel took it over.",
      };
    }
    case "put_back": {
      const drift = Object.entries(recordIn(answered.drift)).map(([field, sides]) => {
        const { circletel, zoho } = recordIn(sides);
        return {
          field,
          from: valueIn(circletel) ?? null,
          to: valueIn(zoho) ?? null,
        };
      });
      return {
        who,
        did: drift.length === 0 ? "edited the record" : `edited ${listText(drift.map(({ field }) => field))}`,
        changes: drift,
        why: "CircleTel decides this, so its value was put back.",
      };
    }
    case "conflict":
      return {
        who,
        did: moved,
        why: `CircleTel's status had changed too and was kept${
          valueIn(answered.status) === undefined ? "" : `: ${String(answered.status).replaceAll("_", " ")}`
        }. You can still take Zoho's side.`,
      };
    case "question":
      return {
        who,
        did: "changed the record",
        why: `A person has to decide: ${summary.replace(/^QUESTION: /, "")}.`,
      };
    case "gone":
      return {
        who,
        did: "deleted the record in Zoho",
        why: "Nothing is made again until a person decides.",
      };
    case "linked":
      return {
        who: "CircleTel",
        did: "found the record in Zoho and linked it",
        why: "It held what would have been sent.",
      };
    default:
      return { who, did: "changed the record", why: summary };
  }
}
