import type { DrainRun, LongRun } from "../../api/answers.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import type { TableColumn } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { duration, wholeText } from "../../ui/words.ts";

export const drainColumns: TableColumn<DrainRun>[] = [
  {
    header: "Began",
    isHeader: true,
    cell: ({ startedAt }) => <Time at={startedAt} />,
  },
  {
    header: "Took",
    cell: ({ startedAt, finishedAt }) => took(startedAt, finishedAt),
  },
  {
    header: "Confirmed",
    right: true,
    cell: ({ succeeded }) => wholeText(succeeded),
  },
  { header: "Failed", right: true, cell: ({ failed }) => wholeText(failed) },
  { header: "Under way", right: true, cell: ({ underWay }) => wholeText(underWay) },
];

export const longRunColumns: TableColumn<LongRun>[] = [
  {
    header: "Began",
    isHeader: true,
    cell: ({ startedAt }) => <Time at={startedAt} />,
  },
  { header: "Kind", cell: ({ kind }) => kind === "reconcile" ? "comparison" : kind },
  {
    header: "Status",
    cell: ({ status }) => (status ? <StatusBadge status={status} /> : "–"),
  },
  {
    header: "Took",
    cell: ({ startedAt, finishedAt }) => took(startedAt, finishedAt),
  },
];

function took(startedAt: string | null, finishedAt: string | null) {
  if (!startedAt || !finishedAt) {
    return <span className="quiet">under way</span>;
  }
  return duration(Date.parse(finishedAt) - Date.parse(startedAt));
}
