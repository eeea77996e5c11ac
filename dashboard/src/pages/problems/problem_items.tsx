import { useState } from "react";
import type { DropAnswer, ProblemGroup, QueueItem, RetryAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { useList } from "../../live/use_list.ts";
import { Button } from "../../ui/button.tsx";
import { queueColumns as columns } from "../../ui/queue_columns.tsx";
import { droppedText } from "../../say/dropped.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Empty, WhenLoaded } from "../../ui/states.tsx";
import { Table, type TableColumn } from "../../ui/table.tsx";
import { useAction } from "../../ui/use_action.ts";
import { count } from "../../ui/words.ts";

const keyOf = ({ entityType, entityId }: QueueItem) => `${entityType} ${entityId}`;

/** The changes of one cause: retry one, or those that are ticked. */
export function ProblemItems({ problem: { code, field } }: { problem: ProblemGroup }) {
  const query = new URLSearchParams({ code, field: field ?? "", limit: "50" });
  const list = useList<QueueItem>(`/problems/items?${query}`, keyOf);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const { busy, run } = useAction();
  const selected = list.items.filter((item) => ticked.has(keyOf(item)));

  const retry = (items: QueueItem[]) =>
    run(async () => {
      const entities = items.map(({ entityType, entityId }) => ({
        type: entityType,
        id: entityId,
      }));
      const { retried } = await act<RetryAnswer>("/retry", { entities });
      setTicked(new Set());
      return items.length === 1 && retried === 1
        ? `${items[0]?.number ?? "The change"} is tried again.`
        : `${count(retried, "change is", "changes are")} due again.`;
    });

  function tick(key: string): void {
    const changed = new Set(ticked);
    if (!changed.delete(key)) changed.add(key);
    setTicked(changed);
  }

  const select: TableColumn<QueueItem> = {
    header: "Select",
    quietHeader: true,
    cell: (item) => (
      <label className="tick">
        <input
          type="checkbox"
          aria-label={`Select ${item.number ?? item.entityId}`}
          checked={ticked.has(keyOf(item))}
          onChange={() => tick(keyOf(item))}
        />
      </label>
    ),
  };
  const retryOne: TableColumn<QueueItem> = {
    header: "Retry",
    quietHeader: true,
    right: true,
    cell: (item) => (
      <Button acts small icon="retry" disabled={busy} onClick={() => void retry([item])}>
        Retry<span className="hidden-text">&nbsp;{item.number ?? item.entityId}</span>
      </Button>
    ),
  };

  return (
    <WhenLoaded live={list.live} what="the changes" lines={3}>
      {() =>
        list.items.length === 0 ? <Empty title="None is left" /> : (
          <div className="edge-top">
            <Table
              caption={`Changes that failed with ${code}`}
              columns={[
                select,
                columns.number,
                columns.status,
                columns.failedRounds,
                columns.waiting,
                retryOne,
              ]}
              rows={list.items}
              rowKey={keyOf}
            />
            <div className="card-foot">
              <Button
                acts
                small
                disabled={selected.length === 0}
                busy={busy}
                icon="retry"
                onClick={() => void retry(selected)}
              >
                {selected.length === 0 ? "Retry selected" : `Retry ${selected.length} selected`}
              </Button>
              <Button
                small
                kind="ghost"
                onClick={() =>
                  setTicked(new Set(selected.length === list.items.length ? [] : list.items.map(keyOf)))}
              >
                {selected.length === list.items.length ? "Select none" : "Select all shown"}
              </Button>
              <DropButton items={selected} onDone={() => setTicked(new Set())} />
              {list.loadMore && (
                <Button
                  small
                  kind="ghost"
                  busy={list.busy}
                  onClick={() => void list.loadMore?.()}
                >
                  Show more
                </Button>
              )}
            </div>
          </div>
        )}
    </WhenLoaded>
  );
}

/** Takes changes out of the queue for good; a person has decided that they need not arrive. */
function DropButton({ items, onDone }: { items: QueueItem[]; onDone: () => void }) {
  // What is asked stays as it was when the dialog opened: a change may be sent, and leave the list, meanwhile.
  const [asked, setAsked] = useState<QueueItem[] | null>(null);
  const { busy, run } = useAction();
  async function drop(items: QueueItem[]): Promise<void> {
    await run(async () => {
      const entities = items.map(({ entityType, entityId }) => ({ type: entityType, id: entityId }));
      const { dropped, busy, undo } = await act<DropAnswer>("/drop", { entities });
      const good = droppedText({ dropped, busy }, entities.length);
      return dropped === 0 ? { bad: good } : { good, undo };
    }, () => {
      setAsked(null);
      onDone();
    });
  }
  return (
    <>
      <Button acts small kind="ghost" disabled={items.length === 0} onClick={() => setAsked(items)}>
        {items.length === 0 ? "Drop selected" : `Drop ${items.length} selected`}
      </Button>
      {asked && (
        <Confirm
          title={`Drop ${count(asked.length, "change")}?`}
          onClose={() => setAsked(null)}
          label="Drop"
          busy={busy}
          onConfirm={() => void drop(asked)}
        >
          <p>
            They leave the queue and are not sent. The records in Zoho stay as they are until the rows change
            again or both sides are compared.
          </p>
        </Confirm>
      )}
    </>
  );
}
