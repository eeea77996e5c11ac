import { whoWrote } from "../../say/who.ts";
import type { ContractAnswer } from "../../api/answers.ts";
import { Acts } from "./acts.tsx";
import { lastWritesOf } from "../../say/writes.ts";
import { Badge, StatusBadge } from "../../ui/badge.tsx";
import { Card, FactList } from "../../ui/card.tsx";
import { EntityLink } from "../../ui/entity_link.tsx";
import { MessageText } from "../../ui/markdown.tsx";
import { OpenInZoho, OpenRowLink } from "../../ui/places.tsx";
import { Ago } from "../../ui/time.tsx";
import { laneWords } from "../../ui/words.ts";

export function Summary({ contract }: { contract: ContractAnswer }) {
  const { mapping, related, name, isGone, row, entityId } = contract;
  const rows = {
    Customer: name ?? undefined,
    "Status in CircleTel": isGone
      ? <Badge tone="warn">the row was deleted</Badge>
      : contract.status === null
      ? undefined
      : <span className="light">{contract.status.replaceAll("_", " ")}</span>,
    "Record in Zoho": mapping ? <Linked mapping={mapping} /> : <span className="quiet">none yet</span>,
    "Last write": <Writes writes={contract.writes} />,
    "Last change in Zoho": <Ago at={contract.live?.modifiedAt ?? mapping?.zohoModifiedAt} none="not known" />,
    "In the queue": <Queued queue={contract.queue} />,
    "Belongs to": related.length > 0
      ? (
        <span className="row">
          {related.map(({ entityType, entityId, number }) => (
            <EntityLink key={entityId} type={entityType} id={entityId} number={number} />
          ))}
        </span>
      )
      : undefined,
  };
  return (
    <Card
      title="At a glance"
      aside={
        <>
          {mapping && mapping.state !== "deleted_in_zoho" && (
            <OpenInZoho zohoType={mapping.zohoType} id={mapping.zohoId} />
          )}
          {!isGone && <OpenRowLink oid={row.oid} id={entityId} />}
        </>
      }
    >
      <FactList rows={rows} />
      <div className="gap-top">
        <Acts contract={contract} />
      </div>
    </Card>
  );
}

function Linked({
  mapping: { zohoType, zohoId, state, isInDoubt },
}: {
  mapping: NonNullable<ContractAnswer["mapping"]>;
}) {
  return (
    <span className="row">
      {`${zohoType} `}
      <code>{zohoId}</code>
      <StatusBadge status={state} />
      {isInDoubt && <Badge tone="warn">an answer was lost; it is read before the next write</Badge>}
    </span>
  );
}

/** A write that did not arrive is never shown as one that did. */
function Writes({ writes }: Pick<ContractAnswer, "writes">) {
  return lastWritesOf(writes).map(({ label, at, tone, why }) => (
    <span key={label} className="part">
      {tone === "bad" ? <Badge tone="bad">{label}</Badge> : label} <Ago at={at} none="never" />
      {why && (
        <span className="part light">
          <MessageText text={why} />
        </span>
      )}
    </span>
  ));
}

function Queued({ queue }: Pick<ContractAnswer, "queue">) {
  if (!queue) return <span className="quiet">nothing waits</span>;
  const { status, lane, error, cause, enqueuedAt } = queue;
  return (
    <span className="row">
      <StatusBadge status={status} />
      <span>
        {`${laneWords[lane]} lane, ${whoWrote(cause)}, `}
        <Ago at={enqueuedAt} />
      </span>
      {error && (
        <span className="light">
          <code>{error.code}</code> {error.message && <MessageText text={error.message} />}
        </span>
      )}
    </span>
  );
}
