import { useState } from "react";
import type { Answered, ContractAnswer, HistoryItem, LinkNames } from "../../api/answers.ts";
import { usePagesBehind } from "../../live/use_list.ts";
import type { Live } from "../../live/use_live.ts";
import { usePeople } from "../../live/use_people.ts";
import { linkTo } from "../../route/route.ts";
import { storyOf } from "../../say/story.ts";
import type { StoryChange, StoryLine } from "../../say/story_line.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { JsonBlock, Value } from "../../ui/field_value.tsx";
import { Filter } from "../../ui/filter.tsx";
import { MessageText } from "../../ui/markdown.tsx";
import { Overlay } from "../../ui/overlay.tsx";
import { Empty } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";

const sides = [
  ["", "Everything"],
  ["zoho", "In Zoho"],
  ["circletel", "To Zoho"],
  ["operator", "Operators"],
] as const;

/** What happened to a record, in words, newest first. The first page came with the contract itself. */
export function Story({
  contract,
  live,
}: {
  contract: ContractAnswer;
  live: Live<Answered<ContractAnswer>>;
}) {
  const { entityType, entityId, names } = contract;
  const path = `/history?${new URLSearchParams({ entityType, id: entityId })}`;
  const { items, loadMore, busy } = usePagesBehind<HistoryItem>(path, contract.history, keyOf);
  const people = usePeople(items.some(({ kind }) => kind === "event" || kind === "look"));
  const [side, setSide] = useState("");
  const [open, setOpen] = useState<StoryLine | null>(null);
  const labels = new Map(contract.fields.map(({ field, label }) => [field, label ?? field]));
  const all = storyOf(items, people);
  const shown = all.filter((line) => (side === "" ? !line.isQuiet : line.side === side));
  const quiet = all.length - all.filter(({ isQuiet }) => !isQuiet).length;
  return (
    <Card
      flush
      title="What happened"
      note={`Newest first${
        side === "" && quiet > 0 ? ` · ${quiet} that changed nothing are under “In Zoho”` : ""
      }`}
      aside={<Filter label="What happened" options={sides} value={side} onChange={setSide} />}
      foot={loadMore && (
        <Button small busy={busy || live.isFetching} onClick={() => void loadMore()}>
          Show more
        </Button>
      )}
    >
      {shown.length === 0
        ? (
          <Empty
            icon="activity"
            title={all.length === 0 ? "Nothing has happened yet" : "Nothing matches this filter"}
          />
        )
        : (
          <ol className="story">
            {shown.map((line) => (
              <Line
                key={keyOf(line.item)}
                {...{ line, labels, names }}
                onOpen={() => setOpen(line)}
              />
            ))}
          </ol>
        )}
      {open && <Details line={open} onClose={() => setOpen(null)} />}
    </Card>
  );
}

function Line({
  line,
  labels,
  names,
  onOpen,
}: {
  line: StoryLine;
  labels: ReadonlyMap<string, string>;
  names: LinkNames;
  onOpen: () => void;
}) {
  const { item, who, did, changes, why } = line;
  return (
    <li>
      <div className="story-when">
        <Time at={item.at} />
        <StatusBadge status={item.status} />
      </div>
      <div className="story-what">
        <button type="button" className="link-button" onClick={onOpen}>
          <strong>{who}</strong> {did}
        </button>
        {changes.length > 0 && (
          <ul>
            {changes.map((change) => (
              <OneChange key={change.field} change={change} label={labels.get(change.field)} names={names} />
            ))}
          </ul>
        )}
        {why && (
          <p className="light">
            <MessageText text={why} />
          </p>
        )}
      </div>
    </li>
  );
}

function OneChange({
  change,
  label,
  names,
}: {
  change: StoryChange;
  label: string | undefined;
  names: LinkNames;
}) {
  return (
    <li>
      <span className="light">{`${label ?? change.field}: `}</span>
      {"from" in change && (
        <>
          <Value value={change.from} names={names} /> <span aria-label="to">→</span>
          {" "}
        </>
      )}
      <Value value={change.to} names={names} />
    </li>
  );
}

function Details({ line, onClose }: { line: StoryLine; onClose: () => void }) {
  const { item, who, did, eventId } = line;
  return (
    <Overlay
      kind="sheet"
      title={`${who} ${did}`}
      onClose={onClose}
      foot={eventId && (
        <a className="button" href={linkTo("events", eventId)}>
          Open the event
        </a>
      )}
    >
      <p className="row">
        <StatusBadge status={item.status} />
        <Time at={item.at} />
      </p>
      <p>
        <MessageText text={item.summary} />
      </p>
      <JsonBlock value={item.details} label="Details" />
    </Overlay>
  );
}

function keyOf({ kind, id }: HistoryItem): string {
  return `${kind} ${id}`;
}
