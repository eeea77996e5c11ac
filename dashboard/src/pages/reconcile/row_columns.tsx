import type { ReconcileRow, ReconcileVerdict } from "../../api/answers.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { EntityLink } from "../../ui/entity_link.tsx";
import { Value } from "../../ui/field_value.tsx";
import type { TableColumn } from "../../ui/table.tsx";
import { Ago } from "../../ui/time.tsx";

const VERDICTS: Readonly<Record<ReconcileVerdict, { word: string; tone: Tone }>> = {
  differs: { word: "differs", tone: "warn" },
  missing: { word: "missing", tone: "bad" },
  extra: { word: "extra", tone: "neutral" },
  queued: { word: "on its way", tone: "neutral" },
};

/** See _shared/reconcile/compare.ts. */
const REASONS: Readonly<Record<string, string>> = {
  fields: "fields differ",
  not_linked: "a record carries its number, but they are not linked",
  bad_source: "CircleTel's row holds a value that the mapping does not know",
  never_synced: "was never sent",
  dead_letter: "is a dead letter, see Problems",
  gone: "its record is gone",
  deleted_in_zoho: "was deleted in Zoho",
  unowned: "belongs to no record of CircleTel",
  doubled: "a second record with the same number",
  orphaned: "its row was deleted in CircleTel",
  internal_test: "belongs to an internal test",
  on_its_way: "changed while it was compared",
};

export const rowColumns: TableColumn<ReconcileRow>[] = [
  {
    header: "Record",
    isHeader: true,
    cell: ({ entityType, entityId, reference, zohoType, zohoId }) =>
      entityId ? <EntityLink type={entityType} id={entityId} number={reference} /> : (
        <span>
          {`${zohoType} `}
          <code>{reference ?? zohoId}</code>
        </span>
      ),
  },
  {
    header: "Verdict",
    cell: ({ verdict }) => <Badge tone={VERDICTS[verdict].tone}>{VERDICTS[verdict].word}</Badge>,
  },
  { header: "Why", className: "wrap light", cell: ({ reason }) => REASONS[reason] ?? reason },
  { header: "CircleTel / Zoho", className: "wrap", cell: ({ fields }) => <Differences fields={fields} /> },
  {
    header: "Repaired",
    cell: ({ repairedAt }) => repairedAt ? <Ago at={repairedAt} /> : <span className="quiet">no</span>,
  },
];

function Differences({ fields }: Pick<ReconcileRow, "fields">) {
  return (
    <ul>
      {Object.entries(fields).map(([field, { circletel, zoho }]) => (
        <li key={field}>
          <code>{field}</code> <Value value={circletel} /> <span className="quiet">/</span>{" "}
          <Value value={zoho} />
        </li>
      ))}
    </ul>
  );
}
