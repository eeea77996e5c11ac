import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { read } from "../api/call.ts";
import { POLL_MS, RELAXED_POLL_MS, waitMs } from "./pace.ts";
import { isRinging, onRing } from "./realtime.ts";
import { type Reading, Resources } from "./resource.ts";

const resources = new Resources(read);

export interface Live<T> extends Reading<T> {
  /** How often it is read without a ring. */
  everyMs: number;
  refresh(): void;
}

/** Paths that a page shows now; an action makes all of them be read again. */
const shown = new Map<string, number>();

/**
 * The answer to `path`, kept fresh: read again when Realtime rings, else every few seconds; not while the tab is
 * hidden, at once when it comes back or the network does, and more rarely while it fails. null reads nothing.
 */
export function useLive<T>(path: string | null, everyMs = POLL_MS): Live<T> {
  const getReading = () => resources.get(path ?? "") as Reading<T>;
  const reading = useSyncExternalStore(resources.subscribe, getReading);

  useEffect(() => {
    if (path === null) return;
    shown.set(path, (shown.get(path) ?? 0) + 1);
    const stop = keepFresh(path, everyMs);
    return () => {
      stop();
      const users = (shown.get(path) ?? 1) - 1;
      if (users > 0) shown.set(path, users);
      else shown.delete(path);
    };
  }, [path, everyMs]);

  const refresh = useCallback(() => {
    if (path !== null) void resources.refresh(path);
  }, [path]);
  return { ...reading, everyMs, refresh };
}

/** After an action: what is on the page is read again; settles when it is there. */
export async function refreshShown(): Promise<void> {
  await Promise.all([...shown.keys()].map((path) => resources.refreshAfterAction(path)));
}

/** After signing out: nothing that was read stays. */
export function forgetEverything(): void {
  resources.clear();
}

function keepFresh(path: string, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isOver = false;

  async function turn(): Promise<void> {
    clearTimeout(timer);
    if (isOver || document.hidden) return;
    await resources.refresh(path);
    if (isOver) return;
    failures = resources.get(path).error === undefined ? 0 : failures + 1;
    clearTimeout(timer);
    timer = setTimeout(turn, waitMs(failures, isRinging() ? Math.max(everyMs, RELAXED_POLL_MS) : everyMs));
  }

  const wake = () => void turn();
  void turn();
  const stopListening = onRing(wake);
  document.addEventListener("visibilitychange", wake);
  addEventListener("online", wake);
  return () => {
    isOver = true;
    clearTimeout(timer);
    stopListening();
    document.removeEventListener("visibilitychange", wake);
    removeEventListener("online", wake);
  };
}

/** The clock, ticking every second for ages and staleness. */
export function useNow(everyMs = 1_000): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}
