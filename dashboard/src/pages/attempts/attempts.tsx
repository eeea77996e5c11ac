import type { AttemptItem } from "../../api/answers.ts";
import { useList } from "../../live/use_list.ts";
import type { PageProps } from "../../shell/page_props.ts";
import { whoWrote } from "../../say/who.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { EntityLink } from "../../ui/entity_link.tsx";
import { ListCard } from "../../ui/list_card.tsx";
import { ListFilters, listQueryOf, parametersOf } from "../../ui/list_filters.tsx";
import { MessageText } from "../../ui/markdown.tsx";
import { PageLayout } from "../../ui/page.tsx";
import { OpenInZoho } from "../../ui/places.tsx";
import { Empty } from "../../ui/states.tsx";
import type { TableColumn } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { duration } from "../../ui/words.ts";

const statuses = [
  ["", "Every result"],
  ["success", "Confirmed"],
  ["unsuccessful", "Failed or tried again"],
  ["failed", "Failed"],
  ["retrying", "Tried again"],
  ["pending", "Under way"],
] as const;

const columns: TableColumn<AttemptItem>[] = [
  { header: "When", cell: ({ at }) => <Time at={at} /> },
  {
    header: "Record",
    isHeader: true,
    cell: ({ entityType, entityId, number }) => (
      <EntityLink
        type={entityType}
        id={entityId}
        number={number}
      />
    ),
  },
  { header: "Result", cell: ({ status }) => <StatusBadge status={status} /> },
  {
    header: "What came of it",
    className: "wrap light",
    cell: ({ message, zohoType, zohoId }) => (
      <span>
        {message && <MessageText text={message} />}{" "}
        {zohoType && zohoId && <OpenInZoho zohoType={zohoType} id={zohoId} small />}
      </span>
    ),
  },
  { header: "Why", className: "nowrap light", cell: ({ cause }) => whoWrote(cause) },
  {
    header: "Took",
    right: true,
    cell: ({ durationMs }) => durationMs === null ? "" : duration(durationMs),
  },
];

/** Every call about a record, with what Zoho answered: what the numbers and hours of the overview count. */
export function AttemptsPage({ route }: PageProps) {
  const query = listQueryOf(route.query);
  const parameters = parametersOf(query, Date.now());
  const list = useList<AttemptItem>(
    `/attempts?${parameters}${parameters.size > 0 ? "&" : ""}limit=50`,
    ({ id }) => id,
    undefined,
    route.query.toString(),
  );
  return (
    <PageLayout title="Attempts" lead="What was sent to Zoho, and what Zoho answered" live={list.live}>
      <ListCard
        title="Attempts"
        note="Newest first"
        aside={
          <ListFilters
            key={route.query.toString()}
            page="attempts"
            query={query}
            statuses={statuses}
            csv="/attempts.csv"
          />
        }
        list={list}
        columns={columns}
        rowKey={({ id }) => id}
        empty={
          <Empty
            icon="activity"
            title={parameters.size > 0 ? "Nothing matches these filters" : "No attempt is on record"}
          />
        }
      />
    </PageLayout>
  );
}
