import type { ActAnswer, Answered, HoldsAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { useLive } from "../../live/use_live.ts";
import { operatorName } from "../../say/who.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { EntityLink } from "../../ui/entity_link.tsx";
import { WhenLoaded } from "../../ui/states.tsx";
import { Table, type TableColumn } from "../../ui/table.tsx";
import { Ago } from "../../ui/time.tsx";
import { useAction } from "../../ui/use_action.ts";

type Held = HoldsAnswer["holds"][number];

const columns: TableColumn<Held>[] = [
  {
    header: "Record",
    isHeader: true,
    cell: ({ entityType, entityId, number, name }) => (
      <span>
        <EntityLink type={entityType} id={entityId} number={number} />
        {name && <span className="part light">{name}</span>}
      </span>
    ),
  },
  { header: "Held by", cell: ({ by, byName }) => operatorName(by, byName) },
  { header: "Why", className: "wrap light", cell: ({ reason }) => reason ?? "no reason given" },
  { header: "Since", cell: ({ since }) => <Ago at={since} /> },
  { header: "Until", cell: ({ until }) => <Ago at={until} none="it is released" /> },
  { header: "Release", quietHeader: true, right: true, cell: (held) => <ReleaseButton held={held} /> },
];

/** Records that an operator holds: their changes wait in the queue. */
export function HeldRecords({ count }: { count: number }) {
  const live = useLive<Answered<HoldsAnswer>>(count > 0 ? "/holds" : null);
  if (count === 0) return null;
  return (
    <Card flush title="Held records" note="Nothing is sent or taken in until they are released">
      <WhenLoaded live={live} what="the held records" lines={count + 1}>
        {({ holds }) => (
          <Table
            caption="Held records"
            columns={columns}
            rows={holds}
            rowKey={({ entityId }) => entityId}
          />
        )}
      </WhenLoaded>
    </Card>
  );
}

function ReleaseButton({ held: { entityType, entityId: id, number, name } }: { held: Held }) {
  const { busy, run } = useAction();
  const release = () =>
    run(async () => {
      const { undo } = await act<ActAnswer>("/release", { entityType, id });
      return { good: "The record is released; its waiting changes are sent.", undo };
    });
  return (
    <Button acts small icon="play" busy={busy} onClick={() => void release()}>
      Release<span className="hidden-text">&nbsp;{number ?? name}</span>
    </Button>
  );
}
