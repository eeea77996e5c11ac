import type { EventItem, EventStatus } from "../../api/answers.ts";
import { useList } from "../../live/use_list.ts";
import { linkTo } from "../../route/route.ts";
import { go } from "../../route/use_route.ts";
import type { PageProps } from "../../shell/page_props.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { EntityLink } from "../../ui/entity_link.tsx";
import { ListFilters, type ListQuery, listQueryOf, parametersOf } from "../../ui/list_filters.tsx";
import { ListCard } from "../../ui/list_card.tsx";
import { PageLayout } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import type { TableColumn } from "../../ui/table.tsx";
import { MessageText } from "../../ui/markdown.tsx";
import { ZohoRecordLink } from "../../ui/places.tsx";
import { Time } from "../../ui/time.tsx";
import { EventSheet } from "./event_sheet.tsx";

const STATUSES: readonly (readonly [EventStatus | "", string])[] = [
  ["", "All that changed something"],
  ["received", "Not looked at yet"],
  ["failed", "Failed"],
  ["question", "Question"],
  ["conflict", "Conflict"],
  ["applied", "Applied"],
  ["put_back", "Put back"],
  ["gone", "Gone"],
  ["unmapped", "Unmapped"],
  ["nothing_new", "Nothing new"],
  ["ignored", "Ignored"],
];

const SOURCES: Readonly<Record<EventItem["source"], string>> = {
  signed: "signature",
  notification: "channel token",
  poll: "a comparison",
};

const columnsFor = (query: ListQuery): TableColumn<EventItem>[] => [
  { header: "Received", cell: ({ receivedAt }) => <Time at={receivedAt} /> },
  {
    header: "Event",
    isHeader: true,
    cell: ({ id, module, operation }) => (
      <a href={linkTo("events", id, { ...query })} className="nowrap">
        {`${module} ${operation}`}
      </a>
    ),
  },
  {
    header: "Record",
    cell: ({ entityType, entityId, number, recordId, module }) =>
      entityType && entityId
        ? <EntityLink type={entityType} id={entityId} number={number} />
        : <ZohoRecordLink zohoType={module} id={recordId} />,
  },
  { header: "Result", cell: ({ status }) => <StatusBadge status={status} /> },
  {
    header: "What came of it",
    className: "wrap light",
    cell: ({ reason }) => <MessageText text={reason ?? ""} />,
  },
  {
    header: "Authenticated by",
    cell: ({ source }) => <span className="light nowrap">{SOURCES[source]}</span>,
  },
];

/** The log of hints from Zoho; the address names the one that is open. */
export function EventsPage({ route, status }: PageProps) {
  const query = listQueryOf(route.query);
  const parameters = parametersOf(query, Date.now());
  const list = useList<EventItem>(
    `/events?${parameters}${parameters.size > 0 ? "&" : ""}limit=50`,
    ({ id }) => id,
    undefined,
    route.query.toString(),
  );
  const refusals = status.data?.events.refusals24h ?? 0;
  return (
    <PageLayout
      title="Events"
      lead="Messages from Zoho that a record may have changed, and what came of each"
      live={list.live}
    >
      <ListCard
        title="Events"
        note={`Newest first${
          refusals > 0 ? ` · ${refusals} calls were refused in 24 h: no valid signature or channel token` : ""
        }`}
        aside={
          <ListFilters
            key={route.query.toString()}
            page="events"
            query={query}
            statuses={STATUSES}
            csv="/events.csv"
          />
        }
        list={list}
        columns={columnsFor(query)}
        rowKey={({ id }) => id}
        empty={
          <Empty
            icon="events"
            title={parameters.size > 0 ? "Nothing matches these filters" : "No event that changed something"}
          >
            {parameters.size === 0 &&
              "When a seller edits a Deal it appears here. Messages that changed nothing are under “Nothing new”."}
          </Empty>
        }
      />
      {route.rest && (
        <EventSheet
          id={route.rest}
          onClose={() => go(linkTo("events", "", { ...query }))}
        />
      )}
    </PageLayout>
  );
}
