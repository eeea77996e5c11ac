import { useMemo, useSyncExternalStore } from "react";
import { type PageRoute, readRoute } from "./route.ts";

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

export function useRoute(): PageRoute {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return useMemo(() => readRoute(hash), [hash]);
}

/** Goes there, with an entry in the history. */
export function go(link: string): void {
  location.hash = link;
}

/** Goes there in place of the present entry: for filters and open rows that a "back" should not step through. */
export function replace(link: string): void {
  history.replaceState(null, "", link);
  dispatchEvent(new HashChangeEvent("hashchange"));
}
