import type { DrainRun, LongRun } from "../../api/answers.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import type { Column } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { duration, whole } from "../../ui/words.ts";

export const drainColumns: Column<DrainRun>[] = [
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
    cell: ({ succeeded }) => whole(succeeded),
  },
  { header: "Failed", right: true, cell: ({ failed }) => whole(failed) },
  { header: "Under way", right: true, cell: ({ underWay }) => whole(underWay) },
];

export const longRunColumns: Column<LongRun>[] = [
  {
    header: "Began",
    isHeader: true,
    cell: ({ startedAt }) => <Time at={startedAt} />,
  },
  { header: "Kind", cell: ({ kind }) => kind },
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
