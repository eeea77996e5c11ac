import type { ContractAnswer, FieldLine } from "../../api/answers.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Value } from "../../ui/field_value.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { ownerWords } from "../../ui/words.ts";

/** What CircleTel wants a field to be beside what Zoho holds: confirmed last, or read now. */
export function BothSides({ contract, isLive }: { contract: ContractAnswer; isLive: boolean }) {
  const { fields, problem, live } = contract;
  const differing = fields.filter(({ agrees }) => !agrees).length;
  const isRead = isLive && live !== null && live.error === null;
  const columns: Column<FieldLine>[] = [
    {
      header: "Field",
      isHeader: true,
      cell: ({ field }) => <code>{field}</code>,
    },
    {
      header: "CircleTel",
      cell: (line) => ("circletel" in line ? <Value value={line.circletel} /> : <Unasked />),
    },
    {
      header: isRead ? "Zoho now" : "Zoho, as confirmed",
      cell: (line) => <Value value={isRead ? line.zoho : line.snapshot} />,
    },
    {
      header: "Decided by",
      cell: ({ owner }) => <span className="light">{ownerWords[owner]}</span>,
    },
    {
      header: "Agrees",
      cell: ({ agrees }) => <Badge tone={agrees ? "good" : "warn"}>{agrees ? "agrees" : "differs"}</Badge>,
    },
  ];
  return (
    <Card
      flush
      title="Both sides"
      note={isRead
        ? "Zoho's side was read just now"
        : "Zoho's side is what it last confirmed; “Read Zoho now” asks it"}
      aside={fields.length > 0 && (
        <Badge tone={differing === 0 ? "good" : "warn"}>
          {differing === 0 ? "all fields agree" : `${differing} of ${fields.length} differ`}
        </Badge>
      )}
    >
      {isLive && live?.error && <p className="note warn">{`Zoho could not be read: ${live.error}`}</p>}
      {problem && <p className="note warn">{problem}</p>}
      {fields.length === 0 ? <Empty icon="contract" title="There are no fields to compare" /> : (
        <Table
          caption="Fields of both sides"
          columns={columns}
          rows={fields}
          rowKey={({ field }) => field}
          rowClass={({ agrees }) => (agrees ? undefined : "differs")}
        />
      )}
    </Card>
  );
}

function Unasked() {
  return <span className="quiet">left to Zoho</span>;
}
