import type { Answered, BackfillAnswer } from "../../api/answers.ts";
import { useLive } from "../../live/use_live.ts";
import { creditSentence, outcomeSentence, progressSentence } from "../../say/backfill.ts";
import { linkTo } from "../../route/route.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { PageLayout } from "../../ui/page.tsx";
import { Empty, WhenLoaded } from "../../ui/states.tsx";
import { Table, type TableColumn } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { entityWords } from "../../ui/words.ts";
import { RunningCard } from "./running_card.tsx";
import { StartForm } from "./start_form.tsx";

const columns: TableColumn<BackfillAnswer>[] = [
  {
    header: "Began",
    isHeader: true,
    cell: ({ startedAt }) => <Time at={startedAt} />,
  },
  {
    header: "What",
    cell: ({ entity, dryRun, since }) => (
      <span>
        {`${entityWords[entity]}s${dryRun ? ", dry run" : ""}`}
        {since && (
          <span className="part light">
            made since <Time at={since} />
          </span>
        )}
      </span>
    ),
  },
  { header: "Status", cell: ({ status }) => <StatusBadge status={status} /> },
  {
    header: "What came of it",
    className: "wrap",
    cell: (run) => (
      <span>
        {outcomeSentence(run) ?? progressSentence(run)}
        <Refused run={run} />
        {run.error && <span className="part light">{`${run.error.code}: ${run.error.message ?? ""}`}</span>}
      </span>
    ),
  },
  { header: "Credits", className: "light", cell: creditSentence },
];

function Refused({ run }: { run: BackfillAnswer }) {
  const reasons = Object.entries(run.outcome?.reasons ?? run.refused);
  if (reasons.length === 0) return null;
  return (
    <span className="part light">
      {reasons.map(([code, n], index) => (
        <span key={code}>
          {index > 0 && ", "}
          {`${n} `}
          <a href={run.dryRun ? linkTo("docs", `errors/${code}`) : linkTo("problems", "", { code })}>
            <code>{code}</code>
          </a>
        </span>
      ))}
    </span>
  );
}

/** Brings what was there before the sync into Zoho: first what would happen, then the act and how far it is. */
export function BackfillPage() {
  const live = useLive<Answered<{ runs: BackfillAnswer[] }>>("/backfill", 3_000);
  const running = live.data?.runs.find(({ status, dryRun }) => status === "running" && !dryRun);
  return (
    <PageLayout title="Backfill" lead="Bring records that existed before the sync into Zoho" live={live}>
      <StartForm isRunning={running !== undefined} />
      <WhenLoaded live={live} what="the backfills" lines={4}>
        {({ runs }) => (
          <>
            {runs
              .filter(({ status }) => status === "running")
              .map((run) => <RunningCard key={run.id} id={run.id} first={run} />)}
            <Card flush title="Backfills" note="The newest twenty">
              {runs.length === 0 ? <Empty icon="backfill" title="No backfill has been run" /> : (
                <Table
                  caption="Backfills"
                  columns={columns}
                  rows={runs}
                  rowKey={({ id }) => id}
                />
              )}
            </Card>
          </>
        )}
      </WhenLoaded>
    </PageLayout>
  );
}
