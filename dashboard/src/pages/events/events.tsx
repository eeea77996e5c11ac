import type { EventItem, EventStatus } from "../../api/answers.ts";
import { useList } from "../../live/use_list.ts";
import { linkTo } from "../../route/route.ts";
import { go, replace } from "../../route/use_route.ts";
import type { PageProps } from "../../shell/page_props.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Filter } from "../../ui/filter.tsx";
import { ListCard } from "../../ui/list_card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { EventSheet } from "./event_sheet.tsx";

const STATUSES: readonly (readonly [EventStatus | "", string])[] = [
  ["", "All"],
  ["applied", "Applied"],
  ["failed", "Failed"],
  ["received", "Open"],
  ["unmapped", "Unmapped"],
  ["stale", "Stale"],
  ["echo", "Echo"],
  ["ignored", "Ignored"],
];

const columns: Column<EventItem>[] = [
  { header: "Received", cell: ({ receivedAt }) => <Time at={receivedAt} /> },
  {
    header: "Event",
    isHeader: true,
    cell: ({ id, module, operation }) => (
      <a href={linkTo("events", id)} className="nowrap">
        {`${module} ${operation}`}
      </a>
    ),
  },
  {
    header: "Contract",
    cell: ({ contractNumber }) =>
      contractNumber
        ? (
          <a className="nowrap" href={linkTo("contract", contractNumber)}>
            {contractNumber}
          </a>
        )
        : <span className="quiet">–</span>,
  },
  { header: "Result", cell: ({ status }) => <StatusBadge status={status} /> },
  {
    header: "What it did",
    className: "wrap light",
    cell: ({ reason }) => reason ?? "",
  },
  {
    header: "Proved by",
    cell: ({ source }) => <span className="light">{source === "signed" ? "signature" : "channel token"}
    </span>,
  },
];

/** The log of what Zoho told us; the address names the event that is open. */
export function EventsPage({ route, status }: PageProps) {
  const state = route.query.get("status") ?? "";
  const list = useList<EventItem>(
    `/events?${new URLSearchParams({
      ...(state && { status: state }),
      limit: "50",
    })}`,
    ({ id }) => id,
  );
  const refusals = status.data?.events.refusals24h ?? 0;
  return (
    <Page title="Events" lead="What Zoho told us, and what became of it" live={list.live}>
      <ListCard
        title="Events"
        note={`Newest first${
          refusals > 0 ? ` · ${refusals} calls could not prove themselves in 24 h and left nothing` : ""
        }`}
        aside={
          <Filter
            label="Result"
            options={STATUSES}
            value={state}
            onChange={(value) => replace(linkTo("events", "", { status: value }))}
          />
        }
        list={list}
        columns={columns}
        rowKey={({ id }) => id}
        empty={
          <Empty icon="events" title={state ? "No such event" : "Zoho has told nothing yet"}>
            {!state && "When a seller edits a Deal it appears here within a second."}
          </Empty>
        }
      />
      {route.rest && (
        <EventSheet
          id={route.rest}
          onClose={() => go(linkTo("events", "", { status: state }))}
        />
      )}
    </Page>
  );
}
