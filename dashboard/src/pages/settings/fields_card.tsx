import { useState } from "react";
import { read } from "../../api/call.ts";
import { sentenceOf } from "../../api/error.ts";
import { announce } from "../../ui/announce.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";
import { Table, type TableColumn } from "../../ui/table.tsx";
import type { FieldPlan, ListedField } from "./field_plan.ts";
import { MakeFields } from "./make_fields.tsx";

const columns: TableColumn<ListedField>[] = [
  {
    header: "Field",
    isHeader: true,
    className: "wrap",
    cell: ({ module, field, apiName }) => (
      <span>
        {`${module} `}
        <code>{field}</code>
        {apiName !== null && apiName !== field && (
          <span className="part light">
            called <code>{apiName}</code> in this org
          </span>
        )}
      </span>
    ),
  },
  { header: "State", cell: ({ outcome }) => <Badge tone="warn">{outcome.replaceAll("_", " ")}</Badge> },
  {
    header: "What to do",
    className: "wrap",
    cell: ({ note, willApply }) => note ?? (willApply ? "It can be made from here." : ""),
  },
];

/** What was found when the fields were last read. */
function asPlanned(
  { module, field, api_name, problem, missing_options }: Record<string, unknown>,
): ListedField {
  const missing = Array.isArray(missing_options) && missing_options.length > 0
    ? `These values are not there: ${missing_options.join(", ")}. `
    : "";
  return {
    module: String(module),
    field: String(field),
    apiName: String(api_name),
    outcome: problem === null ? "renamed" : String(problem),
    note: problem === null
      ? "Nothing: it is written under its new name."
      : `${missing}“Read the fields” says what can be made from here.`,
    willApply: false,
    forPerson: true,
  };
}

/** Fields that the org lacks or calls otherwise: as they were last read, and read again when a person asks. */
export function FieldsCard({ metadata }: { metadata: Record<string, unknown>[] }) {
  const [found, setFound] = useState<FieldPlan | null>(null);
  const known = metadata.filter(({ problem, api_name, field }) => problem !== null || api_name !== field).map(
    asPlanned,
  );
  const [isReading, setReading] = useState(false);

  async function look(): Promise<void> {
    setReading(true);
    try {
      setFound(await read<FieldPlan>("/fields"));
    } catch (error) {
      announce(sentenceOf(error), "bad");
    } finally {
      setReading(false);
    }
  }
  const open = found === null
    ? known
    : found.plan.filter(({ willApply, forPerson, apiName, field }) =>
      willApply || forPerson || (apiName !== null && apiName !== field)
    );
  return (
    <Card
      flush
      title="Fields in Zoho"
      note="Fields that are missing, renamed or not writable in this org"
      aside={
        <>
          <Button small icon="search" busy={isReading} onClick={() => void look()}>Read the fields</Button>
          {found !== null && found.toApply > 0 && <MakeFields plan={found} onMade={setFound} />}
        </>
      }
    >
      {found === null && open.length === 0
        ? (
          <Empty
            icon="contract"
            title={metadata.length === 0 ? "Not read yet" : "Nothing was wrong when they were last read"}
          >
            Reading them costs a credit for each module.
          </Empty>
        )
        : open.length === 0
        ? <Empty title="Every field is there under its own name" />
        : (
          <Table
            caption="Fields in Zoho"
            columns={columns}
            rows={open}
            rowKey={({ module, field }) => `${module} ${field}`}
          />
        )}
    </Card>
  );
}
