import { useState } from "react";
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

/** A keyset list: the first page is live, the pages behind it are read on demand. */
export function useList<T, A extends ListPage<T> = Answered<ListPage<T>>>(
  path: string,
  keyOf: (item: T) => string,
  everyMs?: number,
): List<T, A> {
  const live = useLive<A>(path, everyMs);
  return { live, ...usePagesBehind(path, live.data, keyOf) };
}

/** The same for a first page that came with another answer; `path` is where the pages behind it are read. */
export function usePagesBehind<T>(
  path: string,
  firstPage: ListPage<T> | undefined,
  keyOf: (item: T) => string,
): Omit<List<T>, "live"> {
  const [busy, setBusy] = useState(false);
  const [stored, setStored] = useState<PagesBehind<T>>();
  const behind = stored?.path === path ? stored : undefined;
  const { items, next } = joinPages(firstPage ?? { items: [], next: null }, behind, keyOf);

  async function loadMore(): Promise<void> {
    setBusy(true);
    try {
      const separator = path.includes("?") ? "&" : "?";
      const page = await read<Answered<ListPage<T>>>(
        `${path}${separator}after=${encodeURIComponent(next ?? "")}`,
      );
      setStored({ path, items: [...items, ...page.items], next: page.next });
    } catch (error) {
      announce(sentenceOf(error), "bad");
    } finally {
      setBusy(false);
    }
  }
  return { items, loadMore: next === null ? undefined : loadMore, busy };
}
