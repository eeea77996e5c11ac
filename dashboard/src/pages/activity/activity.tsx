import { useState } from "react";
import { operatorName } from "../../say/who.ts";
import { actText } from "../../say/acts.ts";
import type { ActionItem, Answered, RunsAnswer } from "../../api/answers.ts";
import { useList } from "../../live/use_list.ts";
import { useLive } from "../../live/use_live.ts";
import { Card } from "../../ui/card.tsx";
import { JsonBlock } from "../../ui/field_value.tsx";
import { ListCard } from "../../ui/list_card.tsx";
import { Overlay } from "../../ui/overlay.tsx";
import { PageLayout } from "../../ui/page.tsx";
import { Empty, WhenLoaded } from "../../ui/states.tsx";
import { Table, type TableColumn } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { Incidents } from "./incidents.tsx";
import { drainColumns, longRunColumns } from "./run_columns.tsx";

/** Who did what, and what the sync did by itself. */
export function ActivityPage() {
  const acts = useList<ActionItem>("/actions?limit=30", ({ id }) => id);
  const runs = useLive<Answered<RunsAnswer>>("/runs?limit=20");
  const [open, setOpen] = useState<ActionItem | null>(null);
  const columns: TableColumn<ActionItem>[] = [
    { header: "When", cell: ({ at }) => <Time at={at} /> },
    { header: "Who", cell: ({ actorName, actor }) => operatorName(actor, actorName) },
    {
      header: "Did what",
      isHeader: true,
      cell: (item) => (
        <button type="button" className="link-button" onClick={() => setOpen(item)}>
          {actText(item.action)}
        </button>
      ),
    },
  ];
  return (
    <PageLayout title="Activity" lead="Who did what, and what the sync did by itself" live={acts.live}>
      <Incidents />
      <ListCard
        title="What operators did"
        note="Recorded before it is carried out, newest first"
        list={acts}
        columns={columns}
        rowKey={({ id }) => id}
        empty={<Empty icon="activity" title="No operator has done anything yet" />}
      />
      <WhenLoaded live={runs} what="the runs" lines={4}>
        {({ drains, longRuns }) => (
          <>
            <Card flush title="Backfills and comparisons">
              {longRuns.length === 0
                ? <Empty icon="reconcile" title="No backfill or comparison has been run" />
                : (
                  <Table
                    caption="Backfills and comparisons"
                    columns={longRunColumns}
                    rows={longRuns}
                    rowKey={({ id }) => id}
                  />
                )}
            </Card>
            <Card
              flush
              title="Drains"
              note="Each run works through the queue until it is empty or its time is up"
            >
              {drains.length === 0 ? <Empty icon="queue" title="The queue has not been worked yet" /> : (
                <Table
                  caption="Drains"
                  columns={drainColumns}
                  rows={drains}
                  rowKey={({ drainId }) => drainId}
                />
              )}
            </Card>
          </>
        )}
      </WhenLoaded>
      {open && (
        <Overlay kind="sheet" title={actText(open.action)} onClose={() => setOpen(null)}>
          <p className="row light">
            <span>{operatorName(open.actor, open.actorName)}</span>
            <Time at={open.at} />
          </p>
          <JsonBlock value={open.details} label="Details" />
        </Overlay>
      )}
    </PageLayout>
  );
}
