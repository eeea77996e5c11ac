import { useState } from "react";
import type { Answered, ContractAnswer, HistoryItem } from "../../api/answers.ts";
import { usePagesBehind } from "../../live/use_list.ts";
import type { Live } from "../../live/use_live.ts";
import { linkTo } from "../../route/route.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Json } from "../../ui/field_value.tsx";
import { ListCard } from "../../ui/list_card.tsx";
import { Overlay } from "../../ui/overlay.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";

const KINDS: Readonly<Record<HistoryItem["kind"], string>> = {
  attempt: "To Zoho",
  event: "From Zoho",
  notice: "Notice",
  action: "Operator",
};

/** The first page came with the contract itself. */
export function History(
  { contract, live }: { contract: ContractAnswer; live: Live<Answered<ContractAnswer>> },
) {
  const { entityType, entityId } = contract;
  const path = `/history?${new URLSearchParams({ entityType, id: entityId })}`;
  const list = { live, ...usePagesBehind<HistoryItem>(path, contract.history, keyOf) };
  const [open, setOpen] = useState<HistoryItem | null>(null);
  const columns: Column<HistoryItem>[] = [
    { header: "When", cell: ({ at }) => <Time at={at} /> },
    {
      header: "Way",
      cell: ({ kind }) => <span className="light">{KINDS[kind]}</span>,
    },
    { header: "Result", cell: ({ status }) => <StatusBadge status={status} /> },
    {
      header: "What happened",
      isHeader: true,
      className: "wrap",
      cell: (item) => (
        <button type="button" className="link-button" onClick={() => setOpen(item)}>
          {item.summary}
        </button>
      ),
    },
    {
      header: "Who",
      cell: ({ actor }) => actor ?? <span className="quiet">the sync</span>,
    },
  ];
  return (
    <>
      <ListCard
        title="History"
        note="Attempts, events from Zoho, notices and acts of operators, newest first"
        list={list}
        columns={columns}
        rowKey={keyOf}
        empty={<Empty icon="activity" title="Nothing has happened yet" />}
      />
      {open && (
        <Overlay
          kind="sheet"
          title={open.summary}
          onClose={() => setOpen(null)}
          foot={open.kind === "event" && (
            <a className="button" href={linkTo("events", open.id)}>
              Open the event
            </a>
          )}
        >
          <p className="row">
            <StatusBadge status={open.status} />
            <span className="light">{KINDS[open.kind]}</span>
            <Time at={open.at} />
          </p>
          <Json value={open.details} label="Details" />
        </Overlay>
      )}
    </>
  );
}

function keyOf({ kind, id }: HistoryItem): string {
  return `${kind} ${id}`;
}
