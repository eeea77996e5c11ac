import type { HistoryItem } from "../api/answers.ts";
import { actText } from "./acts.ts";
import { attemptSays } from "./story_attempt.ts";
import { hintSays } from "./story_hint.ts";
import type { StoryLine } from "./story_line.ts";
import { lookSays } from "./story_look.ts";
import { textIn } from "./story_values.ts";
import { ValuesBefore } from "./values_before.ts";
import { operatorName, type People } from "./who.ts";

/** Hint and look of one change are settled in one transaction; the hint's clock goes on in it. */
const togetherMs = 5_000;

/** The story of one entity, newest first as its history is. */
export function storyOf(items: HistoryItem[], people: People): StoryLine[] {
  const looks = items.filter(({ kind }) => kind === "look");
  const told = new Map<HistoryItem, HistoryItem>();
  for (const event of items.filter(({ kind }) => kind === "event")) {
    const look = looks.find((each) => each.status === event.status && !told.has(each) && isOf(each, event));
    if (look) told.set(look, event);
  }
  const shown = new Set(told.values());
  const before = new ValuesBefore();
  return items
    .toReversed()
    .filter((item) => !shown.has(item))
    .map((item) => lineOf(item, told.get(item), people, before))
    .toReversed();
}

function isOf(look: HistoryItem, event: HistoryItem): boolean {
  const appliedAt = textIn(event.details.appliedAt);
  return appliedAt !== null && Math.abs(Date.parse(appliedAt) - Date.parse(look.at)) < togetherMs;
}

function lineOf(
  item: HistoryItem,
  event: HistoryItem | undefined,
  people: People,
  before: ValuesBefore,
): StoryLine {
  const line = {
    item,
    changes: [],
    why: null,
    isQuiet: false,
    eventId: event?.id ?? null,
  };
  switch (item.kind) {
    case "attempt":
      return { ...line, side: "circletel", ...attemptSays(item, before) };
    case "look":
      return { ...line, side: "zoho", ...lookSays(item, people, before) };
    case "event":
      return { ...line, side: "zoho", eventId: item.id, ...hintSays(item, people) };
    case "notice":
      return {
        ...line,
        side: "circletel",
        who: "CircleTel",
        did: "left a notice",
        why: item.summary,
      };
    case "action":
      return {
        ...line,
        side: "operator",
        who: operatorName(item.actor ?? "secret key", item.actor === "secret key" ? null : item.actor),
        did: actText(item.summary),
      };
  }
}
