import type { AcknowledgeAnswer, NoticeItem } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { useList } from "../../live/use_list.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { EntityLink } from "../../ui/entity_link.tsx";
import { ListCard } from "../../ui/list_card.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import { Ago } from "../../ui/time.tsx";
import { useAction } from "../../ui/use_action.ts";

/** What a person should know and no retry will mend. */
export function Notices() {
  const list = useList<NoticeItem>("/notices?limit=50", ({ id }) => id);
  const { busy, run } = useAction();
  const acknowledge = (notice: NoticeItem) =>
    run(async () => {
      await act<AcknowledgeAnswer>("/notices/acknowledge", {
        ids: [notice.id],
      });
      return "The notice is acknowledged.";
    });
  const columns: Column<NoticeItem>[] = [
    {
      header: "About",
      isHeader: true,
      cell: ({ entityType, entityId, number }) =>
        entityType && entityId ? <EntityLink type={entityType} id={entityId} number={number} /> : "–",
    },
    {
      header: "Kind",
      cell: ({ kind }) => <StatusBadge status={kind} />,
    },
    {
      header: "What happened",
      className: "wrap",
      cell: ({ message }) => message,
    },
    { header: "When", cell: ({ at }) => <Ago at={at} /> },
    {
      header: "Acknowledge",
      quietHeader: true,
      right: true,
      cell: (notice) => (
        <Button small disabled={busy} onClick={() => void acknowledge(notice)}>
          Acknowledge<span className="hidden-text">&nbsp;{notice.number ?? notice.kind}</span>
        </Button>
      ),
    },
  ];
  return (
    <ListCard
      title="Notices"
      note="Things that happened, for a person to know and decide"
      list={list}
      columns={columns}
      rowKey={({ id }) => id}
      empty={<Empty title="Nothing to take note of" />}
    />
  );
}
