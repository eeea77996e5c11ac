import { useState } from "react";
import type { Answered, ListPage } from "../api/answers.ts";
import { read } from "../api/call.ts";
import { sentenceOf } from "../api/error.ts";
import { announce } from "../ui/announce.tsx";
import { type Live, useLive } from "./use_live.ts";

export interface List<T, A = Answered<ListPage<T>>> {
  /** The first page, with whatever else the answer says. */
  live: Live<A>;
  items: T[];
  /** Undefined when everything is shown. */
  loadMore: (() => Promise<void>) | undefined;
  busy: boolean;
}

interface Further<T> {
  path: string;
  items: T[];
  next: string | null;
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
  const [stored, setStored] = useState<Further<T>>({ path, items: [], next: null });
  const further = stored.path === path && stored.items.length > 0 ? stored : undefined;

  const first = firstPage?.items ?? [];
  const known = new Set(first.map(keyOf));
  const items = [...first, ...(further?.items ?? []).filter((item) => !known.has(keyOf(item)))];
  const next = further ? further.next : firstPage?.next ?? null;

  async function loadMore(): Promise<void> {
    setBusy(true);
    try {
      const separator = path.includes("?") ? "&" : "?";
      const page = await read<Answered<ListPage<T>>>(
        `${path}${separator}after=${encodeURIComponent(next ?? "")}`,
      );
      setStored({ path, items: [...(further?.items ?? []), ...page.items], next: page.next });
    } catch (error) {
      announce(sentenceOf(error), "bad");
    } finally {
      setBusy(false);
    }
  }
  return { items, loadMore: next === null ? undefined : loadMore, busy };
}
