import type { HistoryItem, ShownValue } from "../api/answers.ts";
import { type People, whoInZoho, whoWrote } from "./who.ts";

/** One thing that happened to a record, in words: who did what, what it changed, and what became of it. */
export interface StoryLine {
  item: HistoryItem;
  who: string;
  did: string;
  changes: StoryChange[];
  /** Why it was put back, or was not; null where there is nothing to explain. */
  why: string | null;
  side: "zoho" | "circletel" | "operator";
  /** Nothing came of it: left out unless everything is wanted. */
  isQuiet: boolean;
  /** The hint from Zoho that told of it. */
  eventId: string | null;
}

export interface StoryChange {
  field: string;
  /** Undefined where it is not known any more. */
  from?: ShownValue;
  to: ShownValue;
}

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
  const before = new Before();
  return items
    .toReversed()
    .filter((item) => !shown.has(item))
    .map((item) => lineOf(item, told.get(item), people, before))
    .toReversed();
}

function isOf(look: HistoryItem, event: HistoryItem): boolean {
  const appliedAt = text(event.details.appliedAt);
  return appliedAt !== null && Math.abs(Date.parse(appliedAt) - Date.parse(look.at)) < togetherMs;
}

/** What each of an entity's records in Zoho was last known to hold, as the story goes on. */
class Before {
  readonly #values = new Map<string, ShownValue>();

  change(record: string, field: string, to: ShownValue): StoryChange {
    const key = `${record} ${field}`;
    const known = this.#values.get(key);
    this.#values.set(key, to);
    return known === undefined ? { field, to } : { field, from: known, to };
  }

  remember(record: string, field: string, value: ShownValue): void {
    this.#values.set(`${record} ${field}`, value);
  }
}

function lineOf(
  item: HistoryItem,
  event: HistoryItem | undefined,
  people: People,
  before: Before,
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
      return { ...line, side: "circletel", ...attempt(item, before) };
    case "look":
      return { ...line, side: "zoho", ...look(item, people, before) };
    case "event":
      return { ...line, side: "zoho", eventId: item.id, ...hint(item, people) };
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
        who: item.actor === "secret key" || item.actor === null ? "A program with a secret key" : item.actor,
        did: acts[item.summary] ?? item.summary,
      };
  }
}

type Told = Pick<StoryLine, "who" | "did"> & Partial<StoryLine>;

function attempt({ status, summary, details }: HistoryItem, before: Before): Told {
  const who = whoWrote(text(details.cause));
  const record = text(details.zohoType) ?? "the record";
  const sent = Object.entries(fields(details.sent)).filter(([field]) => field !== "CircleTel_Revision");
  const wanted = () => sent.map(([field, to]) => ({ field, to }));
  switch (status) {
    case "success": {
      const isNew = record_(details.answered).action === "insert";
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

function look({ status, summary, details }: HistoryItem, people: People, before: Before): Told {
  const answered = record_(details.answered);
  const who = whoInZoho(text(answered.by), people);
  const stage = value(answered.stage);
  const moved = stage === undefined ? "moved the stage" : `moved the stage to ${String(stage)}`;
  switch (status) {
    case "applied": {
      if (stage !== undefined) before.remember(text(details.zohoType) ?? "", "Stage", stage);
      const [from, to] = [value(answered.from), value(answered.to)];
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
      const drift = Object.entries(record_(answered.drift)).map(([field, sides]) => {
        const { circletel, zoho } = record_(sides);
        return {
          field,
          from: value(circletel) ?? null,
          to: value(zoho) ?? null,
        };
      });
      return {
        who,
        did: drift.length === 0 ? "edited the record" : `edited ${list(drift.map(({ field }) => field))}`,
        changes: drift,
        why: "CircleTel decides this, so its value was put back.",
      };
    }
    case "conflict":
      return {
        who,
        did: moved,
        why: `CircleTel's status had changed, too, and stands${
          value(answered.status) === undefined ? "" : `: ${words(answered.status)}`
        }. Zoho's side can still be taken.`,
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

/** A hint that no look has spoken of in the log. */
function hint({ status, details }: HistoryItem, people: People): Told {
  const by = text(details.modifiedBy);
  const who = whoInZoho(by, people);
  const reason = text(details.reason);
  const did = details.operation === "delete" ? "deleted the record" : "changed the record";
  switch (status) {
    case "received":
      return { who, did, why: "The record has not been looked at yet." };
    case "nothing_new":
      return by !== null && by === people.ownId
        ? { who: "Zoho", did: "told CircleTel of its own write", isQuiet: true }
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
        why: reason ?? "It is none of CircleTel's.",
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

/** Acts as the audit log names them. */
const acts: Readonly<Record<string, string>> = {
  "force sync": "sent every field again",
  retry: "tried the change again",
  replay: "had the record looked at again",
  "replay (dry run)": "asked what another look would do",
  "answer questions": "answered a question",
  "reconcile repair": "repaired a difference",
  "export person": "saved what the sync holds of the person",
  "erase person": "erased the person from the tables of the sync",
};

const text = (from: unknown): string | null => (typeof from === "string" ? from : null);
const words = (from: unknown): string => String(from).replaceAll("_", " ");

function record_(from: unknown): Record<string, unknown> {
  return typeof from === "object" && from !== null && !Array.isArray(from)
    ? (from as Record<string, unknown>)
    : {};
}

function fields(from: unknown): Record<string, ShownValue> {
  return record_(from) as Record<string, ShownValue>;
}

function value(from: unknown): ShownValue | undefined {
  return from === undefined || from === null ? undefined : (from as ShownValue);
}

function list(names: string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
