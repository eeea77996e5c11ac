import type { Incident } from "../../api/answers.ts";
import { useList } from "../../live/use_list.ts";
import { linkTo } from "../../route/route.ts";
import { incidentSentence } from "../../say/incident.ts";
import { Badge } from "../../ui/badge.tsx";
import { ListCard } from "../../ui/list_card.tsx";
import { Parts } from "../../ui/parts.tsx";
import { Empty } from "../../ui/states.tsx";
import type { TableColumn } from "../../ui/table.tsx";

const columns: TableColumn<Incident>[] = [
  {
    header: "What happened",
    isHeader: true,
    className: "wrap",
    cell: (incident) => (
      <span>
        <Parts parts={incidentSentence(incident)} />{" "}
        {!incident.byHand && <a href={linkTo("docs", `errors/${incident.code}`)}>What it means</a>}
      </span>
    ),
  },
  {
    header: "State",
    cell: ({ endedAt, arrivedAt, waited }) =>
      endedAt === null
        ? <Badge tone="warn">ongoing</Badge>
        : arrivedAt === null && waited > 0
        ? <Badge tone="warn">catching up</Badge>
        : <Badge tone="good">over</Badge>,
  },
];

/** Every time that nothing was sent, and what came of it. */
export function Incidents() {
  const list = useList<Incident>("/incidents?limit=20", ({ id }) => id);
  return (
    <ListCard
      title="Pauses and outages"
      note="When nothing was sent, how many changes waited, and when all had arrived"
      list={list}
      columns={columns}
      rowKey={({ id }) => id}
      empty={<Empty title="No pause is on record" />}
    />
  );
}
