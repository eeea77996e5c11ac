import type {
  Answered,
  ReconcileAnswer,
  ReconcileRow,
  ReconcileVerdict,
  RunsAnswer,
} from "../../api/answers.ts";
import { useList } from "../../live/use_list.ts";
import { useLive } from "../../live/use_live.ts";
import { linkTo } from "../../route/route.ts";
import { replace } from "../../route/use_route.ts";
import { emptyReportText } from "../../say/reconcile_empty.ts";
import type { PageProps } from "../../shell/page_props.ts";
import { Button } from "../../ui/button.tsx";
import { Filter } from "../../ui/filter.tsx";
import { ListCard } from "../../ui/list_card.tsx";
import { PageLayout } from "../../ui/page.tsx";
import { Empty, WhenLoaded } from "../../ui/states.tsx";
import { Compare } from "./compare.tsx";
import { rowColumns } from "./row_columns.tsx";
import { RunSummary } from "./run_summary.tsx";
import { useRepair } from "./use_repair.ts";

const VERDICTS: readonly (readonly [ReconcileVerdict | "", string])[] = [
  ["", "All"],
  ["differs", "Differ"],
  ["missing", "Missing in Zoho"],
  ["extra", "Extra in Zoho"],
  ["queued", "On their way"],
];

const LEAD = "Both sides compared, record by record";

/** Before the first comparison there is no report to read; whether there was one is known from the runs. */
export function ReconcilePage({ route }: PageProps) {
  const runs = useLive<Answered<RunsAnswer>>("/runs?limit=1", 2_000);
  const hasRun = runs.data?.longRuns.some(({ kind }) => kind === "reconcile");
  if (hasRun) return <Report verdict={route.query.get("verdict") ?? ""} />;
  return (
    <PageLayout title="Reconcile" lead={LEAD} live={runs} aside={<Compare />}>
      <WhenLoaded live={runs} what="the report">
        {() => (
          <Empty icon="reconcile" title="Nothing has been compared yet">
            A comparison reads every record in Zoho, one credit for 200 records, and changes nothing.
          </Empty>
        )}
      </WhenLoaded>
    </PageLayout>
  );
}

function Report({ verdict }: { verdict: string }) {
  const query = new URLSearchParams({ ...(verdict && { verdict }), limit: "50" });
  const list = useList<ReconcileRow, Answered<ReconcileAnswer>>(
    `/reconcile?${query}`,
    ({ id }) => String(id),
    2_000,
  );
  const run = list.live.data?.run;
  const { busy, repair } = useRepair(run?.id);
  return (
    <PageLayout
      title="Reconcile"
      lead={LEAD}
      live={list.live}
      aside={<Compare isRunning={run?.status === "running"} />}
    >
      <WhenLoaded live={list.live} what="the report" lines={4}>
        {(report) => <RunSummary report={report} />}
      </WhenLoaded>
      <ListCard
        title="Records that do not match"
        note="Repairing queues a record: what a seller moved counts, then CircleTel's fields are sent. Nothing is deleted in Zoho."
        aside={
          <Filter
            label="Verdict"
            options={VERDICTS}
            value={verdict}
            onChange={(value) => replace(linkTo("reconcile", "", { verdict: value }))}
          />
        }
        list={list}
        columns={[
          ...rowColumns,
          {
            header: "Repair",
            quietHeader: true,
            right: true,
            cell: (row) => <RepairOne row={row} busy={busy} onRepair={() => void repair([row.id])} />,
          },
        ]}
        rowKey={({ id }) => String(id)}
        empty={<Empty title={emptyReportText(run, verdict !== "")} />}
      />
    </PageLayout>
  );
}

function RepairOne({ row, busy, onRepair }: { row: ReconcileRow; busy: boolean; onRepair: () => void }) {
  const canBeRepaired = row.verdict === "differs" ||
    row.verdict === "missing" && row.reason !== "deleted_in_zoho";
  if (row.repairedAt || !canBeRepaired) return null;
  return (
    <Button acts small icon="retry" disabled={busy} onClick={onRepair}>
      Repair<span className="hidden-text">&nbsp;{row.reference ?? row.zohoId}</span>
    </Button>
  );
}
