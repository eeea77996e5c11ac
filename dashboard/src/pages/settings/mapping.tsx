import { useState } from "react";
import type { SettingsAnswer } from "../../api/answers.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Filter } from "../../ui/filter.tsx";
import { Table, type TableColumn } from "../../ui/table.tsx";
import { entityWords, ownerWords } from "../../ui/words.ts";

type Module = SettingsAnswer["mapping"][number];
type Field = Module["fields"][number];

const columns: TableColumn<Field>[] = [
  { header: "Field", isHeader: true, cell: ({ field }) => <code>{field}</code> },
  { header: "Label in Zoho", cell: ({ label }) => label ?? <span className="quiet">not read yet</span> },
  { header: "Type", cell: ({ dataType }) => <span className="light">{dataType}</span> },
  {
    header: "Made of",
    className: "wrap light",
    cell: ({ columns }) => columns.length > 0 ? columns.join(", ") : <span className="quiet">no column</span>,
  },
  { header: "Decided by", cell: ({ owner }) => ownerWords[owner] },
  {
    header: "Values",
    className: "wrap light",
    cell: ({ values }) => (values.length > 0 ? values.join(", ") : <span className="quiet">any</span>),
  },
  {
    header: "Made by",
    cell: ({ isCustom }) => (isCustom ? <Badge>our setup</Badge> : <span className="quiet">Zoho</span>),
  },
];

/** One module at a time: what goes into it, and who decides each field. */
export function MappingCard({ mapping }: { mapping: Module[] }) {
  const [chosen, setChosen] = useState("Deals");
  const module = mapping.find(({ zohoType }) => zohoType === chosen) ?? mapping[0];
  if (!module) return null;
  return (
    <Card
      flush
      title="Mapping"
      note={`${
        module.entityType ? entityWords[module.entityType] : "Found or made where a record needs it"
      } → ${module.module} in Zoho`}
      aside={
        <Filter
          label="Module"
          options={mapping.map(({ zohoType, module }) => [zohoType, module] as const)}
          value={module.zohoType}
          onChange={setChosen}
        />
      }
    >
      <Table
        caption={`Fields of ${module.module}`}
        columns={columns}
        rows={module.fields}
        rowKey={({ field }) => field}
      />
    </Card>
  );
}
