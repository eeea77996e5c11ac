import { useRef, useState } from "react";
import type { Answered, ListPage } from "../api/answers.ts";
import { read } from "../api/call.ts";
import { sentenceOf } from "../api/error.ts";
import { announce } from "../ui/announce.tsx";
import { joinPages, type PagesBehind } from "./pages_behind.ts";
import { type Live, useLive } from "./use_live.ts";

export interface List<T, A = Answered<ListPage<T>>> {
  /** The first page, with whatever else the answer says. */
  live: Live<A>;
  items: T[];
  /** Undefined when everything is shown. */
  loadMore: (() => Promise<void>) | undefined;
  busy: boolean;
}

/**
 * A keyset list: the first page is live, the pages behind it are read on demand.
 * @param list which list it is, where the path alone changes: "the last hour" begins a minute later every minute, and what
 * is shown stays until the new path is answered
 */
export function useList<T, A extends ListPage<T> = Answered<ListPage<T>>>(
  path: string,
  keyOf: (item: T) => string,
  everyMs?: number,
  list = path,
): List<T, A> {
  const reading = useLive<A>(path, everyMs);
  const last = useRef({ list, data: reading.data, asOfMs: reading.asOfMs });
  if (reading.data !== undefined || last.current.list !== list) {
    last.current = { list, data: reading.data, asOfMs: reading.asOfMs };
  }
  const { data, asOfMs } = last.current;
  const live = { ...reading, data, asOfMs };
  return { live, ...usePagesBehind(path, live.data, keyOf, list) };
}

/** The same for a first page that came with another answer; `path` is where the pages behind it are read. */
export function usePagesBehind<T>(
  path: string,
  firstPage: ListPage<T> | undefined,
  keyOf: (item: T) => string,
  list = path,
): Omit<List<T>, "live"> {
  const [busy, setBusy] = useState(false);
  const [stored, setStored] = useState<PagesBehind<T>>();
  const behind = stored?.list === list ? stored : undefined;
  const { items, next } = joinPages(firstPage ?? { items: [], next: null }, behind, keyOf);

  async function loadMore(): Promise<void> {
    setBusy(true);
    try {
      const separator = path.includes("?") ? "&" : "?";
      const page = await read<Answered<ListPage<T>>>(
        `${path}${separator}after=${encodeURIComponent(next ?? "")}`,
      );
      setStored({ list, items: [...items, ...page.items], next: page.next });
    } catch (error) {
      announce(sentenceOf(error), "bad");
    } finally {
      setBusy(false);
    }
  }
  return { items, loadMore: next === null ? undefined : loadMore, busy };
}
