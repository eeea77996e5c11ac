import type { ContractAnswer } from "../../api/answers.ts";
import { Badge, StatusBadge } from "../../ui/badge.tsx";
import { Card, Facts } from "../../ui/card.tsx";
import { EntityLink } from "../../ui/entity_link.tsx";
import { Ago } from "../../ui/time.tsx";
import { laneWords } from "../../ui/words.ts";

export function Summary({ contract }: { contract: ContractAnswer }) {
  const { mapping, related } = contract;
  const rows = {
    "Status in CircleTel": contract.status === null
      ? undefined
      : <span className="light">{contract.status.replaceAll("_", " ")}</span>,
    "Record in Zoho": mapping ? <Linked mapping={mapping} /> : <span className="quiet">none yet</span>,
    "Last synced": <Ago at={mapping?.lastSyncedAt} />,
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
    <Card title="At a glance">
      <Facts rows={rows} />
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

function Queued({ queue }: Pick<ContractAnswer, "queue">) {
  if (!queue) return <span className="quiet">nothing waits</span>;
  const { status, lane, error, cause, enqueuedAt } = queue;
  return (
    <span className="row">
      <StatusBadge status={status} />
      <span>
        {`${laneWords[lane]} lane, ${cause}, `}
        <Ago at={enqueuedAt} />
      </span>
      {error && (
        <span className="light">
          <code>{error.code}</code>
          {error.message && ` ${error.message}`}
        </span>
      )}
    </span>
  );
}
