import type { ContractAnswer } from "../../api/answers.ts";
import { agreementOf } from "../../say/agreement.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Value } from "../../ui/field_value.tsx";
import { Filter } from "../../ui/filter.tsx";
import { MessageText } from "../../ui/markdown.tsx";
import { Empty } from "../../ui/states.tsx";
import { Table, type TableColumn } from "../../ui/table.tsx";
import { Ago } from "../../ui/time.tsx";
import { ownerWords } from "../../ui/words.ts";

type Line = ContractAnswer["fields"][number];

/** What CircleTel wants a field to be beside what Zoho holds: confirmed last, or read now. What differs, unless all is wanted. */
export function BothSides(
  { contract, readAtMs, isLive, isEverything, onEverything }: {
    contract: ContractAnswer;
    /** When this was answered: Zoho is read once a minute only. */
    readAtMs: number | undefined;
    isLive: boolean;
    isEverything: boolean;
    onEverything: (isEverything: boolean) => void;
  },
) {
  const { fields, problem, live, names } = contract;
  const isRead = isLive && live !== null && live.error === null;
  const agreement = agreementOf(isLive ? contract : { ...contract, live: null });
  const differing = fields.filter(({ agrees }) => !agrees);
  const columns: TableColumn<Line>[] = [
    {
      header: "Field",
      isHeader: true,
      cell: (line) => <FieldName {...line} />,
    },
    {
      header: "CircleTel",
      cell: (line) =>
        "circletel" in line
          ? <Value value={line.circletel} names={names} />
          : <span className="quiet">left to Zoho</span>,
    },
    {
      header: isRead ? "Zoho now" : "Zoho, as confirmed",
      cell: (line) => <Value value={isRead ? line.zoho : line.snapshot} names={names} />,
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
        ? (
          <>
            Zoho's side was read <Ago at={readAtMs} />
          </>
        )
        : "Zoho's values as last confirmed; “Read Zoho now” reads them again"}
      aside={
        <>
          {fields.length > 0 && (
            <Filter
              label="Fields"
              options={[
                ["", "Only what differs"],
                ["all", `All ${fields.length}`],
              ]}
              value={isEverything ? "all" : ""}
              onChange={(value) => onEverything(value === "all")}
            />
          )}
          <Badge tone={agreement.tone}>{agreement.sentence}</Badge>
        </>
      }
    >
      {isLive && live?.error && <p className="note warn">{`Zoho could not be read: ${live.error}`}</p>}
      {problem && (
        <p className="note warn">
          <MessageText text={problem} />
        </p>
      )}
      <Rows
        {...{
          fields,
          differing,
          columns,
          isEverything,
          sentence: agreement.sentence,
        }}
      />
    </Card>
  );
}

function Rows({
  fields,
  differing,
  columns,
  isEverything,
  sentence,
}: {
  fields: Line[];
  differing: Line[];
  columns: TableColumn<Line>[];
  isEverything: boolean;
  sentence: string;
}) {
  if (fields.length === 0) {
    return <Empty icon="contract" title="There are no fields to compare" />;
  }
  if (!isEverything && differing.length === 0) {
    return (
      <p className="card-body light">
        {`Nothing differs (${sentence}). “All ${fields.length}” shows every field.`}
      </p>
    );
  }
  return (
    <Table
      caption="Fields of both sides"
      columns={columns}
      rows={isEverything ? fields : differing}
      rowKey={({ field }) => field}
      rowClass={({ agrees }) => (agrees ? undefined : "differs")}
    />
  );
}

function FieldName({ field, label }: Line) {
  return (
    <span>
      {label && <span className="part">{label}</span>}
      <code className={label ? "quiet" : undefined}>{field}</code>
    </span>
  );
}
