import type { ReactNode } from "react";
import type { List } from "../live/use_list.ts";
import { Button } from "./button.tsx";
import { Card } from "./card.tsx";
import { WhenLoaded } from "./states.tsx";
import { Table, type TableColumn } from "./table.tsx";

interface Props<T, A> {
  title: string;
  note?: ReactNode;
  aside?: ReactNode;
  list: List<T, A>;
  columns: TableColumn<T>[];
  rowKey: (row: T) => string;
  empty: ReactNode;
}

/** A keyset list in a card, in all of its states, with a button for what lies behind. */
export function ListCard<T, A>({ title, note, aside, list, columns, rowKey, empty }: Props<T, A>) {
  const { live, items, loadMore, busy } = list;
  const foot = loadMore && (
    <Button small busy={busy} onClick={() => void loadMore()}>
      Show more
    </Button>
  );
  return (
    <Card flush {...{ title, note, aside, foot }}>
      <WhenLoaded live={live} what={title.toLowerCase()}>
        {() => (items.length === 0 ? empty : <Table caption={title} {...{ columns, rowKey }} rows={items} />)}
      </WhenLoaded>
    </Card>
  );
}
