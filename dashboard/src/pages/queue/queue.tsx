import type { QueueItem } from "../../api/answers.ts";
import { useList } from "../../live/use_list.ts";
import { linkTo } from "../../route/route.ts";
import { replace } from "../../route/use_route.ts";
import type { PageProps } from "../../shell/page_props.ts";
import { Filter } from "../../ui/filter.tsx";
import { ListCard } from "../../ui/list_card.tsx";
import { PageLayout } from "../../ui/page.tsx";
import { queueColumns as columns } from "../../ui/queue_columns.tsx";
import { Empty, WhenLoaded } from "../../ui/states.tsx";
import { emptyQueueText } from "../../say/queue_empty.ts";
import { HeldRecords } from "./held_records.tsx";
import { LaneTiles } from "./lanes.tsx";
import { RestingModules } from "./resting.tsx";

const LANES = [
  ["", "All lanes"],
  ["0", "Compliance"],
  ["1", "Ordinary"],
  ["2", "Backfill"],
] as const;
const STATUSES = [
  ["", "Every status"],
  ["pending", "Pending"],
  ["in_flight", "In flight"],
  ["dead", "Failed"],
] as const;

export function QueuePage({ route, status }: PageProps) {
  const lane = route.query.get("lane") ?? "";
  const state = route.query.get("status") ?? "";
  const query = new URLSearchParams(
    [
      ["lane", lane],
      ["status", state],
      ["limit", "50"],
    ].filter(([, value]) => value),
  );
  const list = useList<QueueItem>(
    `/queue?${query}`,
    ({ entityType, entityId }) => `${entityType} ${entityId}`,
  );
  const filter = (changes: Record<string, string>) =>
    replace(linkTo("queue", "", { lane, status: state, ...changes }));
  const empty = emptyQueueText(status.data, lane !== "" || state !== "");
  return (
    <PageLayout
      title="Queue"
      lead="Changes that are not in Zoho yet, one row for each record"
      live={list.live}
    >
      <WhenLoaded live={status} what="the lanes" lines={2}>
        {(answer) => (
          <>
            <LaneTiles status={answer} />
            <RestingModules resting={answer.resting} />
            <HeldRecords count={answer.queue.held} />
          </>
        )}
      </WhenLoaded>
      <ListCard
        title="Changes"
        note="Oldest first"
        aside={
          <>
            <Filter
              label="Lane"
              options={LANES}
              value={lane}
              onChange={(value) => filter({ lane: value })}
            />
            <Filter
              label="Status"
              options={STATUSES}
              value={state}
              onChange={(value) => filter({ status: value })}
            />
          </>
        }
        list={list}
        columns={[
          columns.number,
          columns.lane,
          columns.status,
          columns.cause,
          columns.failedRounds,
          columns.error,
          columns.waiting,
          columns.next,
        ]}
        rowKey={({ entityType, entityId }) => `${entityType} ${entityId}`}
        empty={<Empty title={empty.title}>{empty.more}</Empty>}
      />
    </PageLayout>
  );
}
