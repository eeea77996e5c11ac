import type { QueueItem } from "../api/answers.ts";
import { whoWrote } from "../say/who.ts";
import { StatusBadge } from "./badge.tsx";
import { EntityLink } from "./entity_link.tsx";
import type { TableColumn } from "./table.tsx";
import { Ago } from "./time.tsx";
import { entityWords, laneWords } from "./words.ts";

/** The columns of a change, on Queue and on Problems. */
export const queueColumns = {
  number: {
    header: "Record",
    isHeader: true,
    cell: ({ entityType, entityId, number }) => (
      <span>
        <EntityLink type={entityType} id={entityId} number={number} />
        {number !== null && <span className="part light">{entityWords[entityType]}</span>}
      </span>
    ),
  },
  lane: { header: "Lane", cell: ({ lane }) => laneWords[lane] },
  status: {
    header: "Status",
    cell: ({ status }) => <StatusBadge status={status} />,
  },
  cause: {
    header: "Cause",
    className: "wrap light",
    cell: ({ cause }) => whoWrote(cause),
  },
  failedRounds: {
    header: "Failed rounds",
    right: true,
    cell: ({ failedRounds }) => failedRounds,
  },
  waiting: {
    header: "Waiting since",
    cell: ({ enqueuedAt }) => <Ago at={enqueuedAt} />,
  },
  next: {
    header: "Next try",
    cell: ({ status, nextAttemptAt }) => <NextTry {...{ status, nextAttemptAt }} />,
  },
  error: {
    header: "Last fault",
    cell: ({ error }) => (error ? <code title={error.message ?? ""}>{error.code}</code> : ""),
  },
} satisfies Record<string, TableColumn<QueueItem>>;

function NextTry({ status, nextAttemptAt }: Pick<QueueItem, "status" | "nextAttemptAt">) {
  if (status === "dead") {
    return <span className="quiet">by hand</span>;
  }
  if (status === "in_flight") return <span className="quiet">under way</span>;
  return Date.parse(nextAttemptAt) <= Date.now()
    ? <span className="quiet">due</span>
    : <Ago at={nextAttemptAt} />;
}
