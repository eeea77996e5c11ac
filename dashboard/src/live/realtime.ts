import { supabase } from "../supabase.ts";

// Realtime is a doorbell here: a row that says "something happened" changes, and the page reads again what it shows.
// Two quiet tables are listened to, not the queue: a change of 10,000 rows must not become 10,000 messages.
const TABLES = ["zoho_sync_state", "zoho_notices"];

/** Rings that come together are one. */
const GATHER_MS = 300;

const listeners = new Set<() => void>();
let isUp = false;

/** Whether Realtime is connected now. */
export function isRinging(): boolean {
  return isUp;
}

export function onRing(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Listens until the returned function is called. Where there is no Realtime, polling goes on as before. */
export function listenToChanges(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ring = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      for (const listener of listeners) listener();
    }, GATHER_MS);
  };
  const channel = supabase().channel("zoho-sync");
  for (const table of TABLES) {
    channel.on("postgres_changes", { event: "*", schema: "public", table }, ring);
  }
  channel.subscribe((status) => {
    const wasUp = isUp;
    isUp = status === "SUBSCRIBED";
    // What happened between the last reading and the subscription would not ring.
    if (isUp && !wasUp) ring();
  });
  return () => {
    clearTimeout(timer);
    isUp = false;
    void supabase().removeChannel(channel);
  };
}
