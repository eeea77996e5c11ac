import type { AcknowledgeAnswer, NoticeItem } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { useList } from "../../live/use_list.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { linkTo } from "../../route/route.ts";
import { MessageText } from "../../ui/markdown.tsx";
import { OpenInZoho, ZohoRecordLink } from "../../ui/places.tsx";
import { EntityLink } from "../../ui/entity_link.tsx";
import { ListCard } from "../../ui/list_card.tsx";
import { Empty } from "../../ui/states.tsx";
import type { TableColumn } from "../../ui/table.tsx";
import { Ago } from "../../ui/time.tsx";
import { useAction } from "../../ui/use_action.ts";

/** What a notice without an entity is about: the place where it can be resolved. */
const places: Readonly<Record<string, readonly [page: string, text: string]>> = {
  truncated: ["reconcile", "Compare both sides"],
  trigger_fault: ["settings", "Look at the setup"],
  fold_fault: ["settings", "Look at the setup"],
};

/** An entity by its page, which is there even when its row is gone; otherwise where the notice can be resolved. */
function About({ notice: { kind, entityType, entityId, number, zohoType, zohoId } }: { notice: NoticeItem }) {
  if (entityType && entityId) {
    return (
      <span className="stack-tight">
        <EntityLink type={entityType} id={entityId} number={number} />
        {zohoType && zohoId && <OpenInZoho zohoType={zohoType} id={zohoId} small />}
      </span>
    );
  }
  if (zohoType && zohoId) return <ZohoRecordLink zohoType={zohoType} id={zohoId} />;
  const [page, text] = places[kind] ?? ["activity", "See what happened"];
  return <a href={linkTo(page)}>{text}</a>;
}

/** What a person should know and no retry fixes. */
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
  const columns: TableColumn<NoticeItem>[] = [
    {
      header: "About",
      isHeader: true,
      cell: (notice) => <About notice={notice} />,
    },
    {
      header: "Kind",
      cell: ({ kind }) => <StatusBadge status={kind} />,
    },
    {
      header: "What happened",
      className: "wrap",
      cell: ({ message }) => <MessageText text={message} />,
    },
    { header: "When", cell: ({ at }) => <Ago at={at} /> },
    {
      header: "Acknowledge",
      quietHeader: true,
      right: true,
      cell: (notice) => (
        <Button acts small disabled={busy} onClick={() => void acknowledge(notice)}>
          Acknowledge<span className="hidden-text">&nbsp;{notice.number ?? notice.kind}</span>
        </Button>
      ),
    },
  ];
  return (
    <ListCard
      title="Notices"
      note="What happened that retries cannot fix"
      list={list}
      columns={columns}
      rowKey={({ id }) => id}
      empty={<Empty title="No open notices" />}
    />
  );
}
