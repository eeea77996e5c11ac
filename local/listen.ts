import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";

const RETRY_MS = 100;

// postgres.js passes notifications to this option of a plain connection, but its types do not say so. Its own
// listen() gives up when the server is still down at the first attempt to reconnect.
type ListenOptions = postgres.Options<Record<never, never>> & { onnotify: () => void };

/**
 * Calls `wake` for each notification on the channel, and after each (re)connection, since what was sent in between
 * was not heard. Postgres may restart at any time. Returns a function that ends it.
 */
export function listenForever(url: string, channel: string, wake: () => void): () => Promise<void> {
  const stopping = new AbortController();
  const ended = listenUntil(stopping.signal, url, channel, wake);
  return async () => {
    stopping.abort();
    await ended;
  };
}

/** Calls `onReturn` each time Postgres can be reached again after the connection was lost. */
export function watchReturns(url: string, onReturn: () => void): () => Promise<void> {
  let isFirst = true;
  return listenForever(url, "local_stack_watch", () => {
    if (!isFirst) onReturn();
    isFirst = false;
  });
}

async function listenUntil(
  signal: AbortSignal,
  url: string,
  channel: string,
  wake: () => void,
): Promise<void> {
  while (!signal.aborted) {
    const closed = Promise.withResolvers<void>();
    const options: ListenOptions = {
      max: 1,
      connect_timeout: 2,
      idle_timeout: 0,
      max_lifetime: 0,
      onnotice() {},
      onnotify: wake,
      onclose: () => closed.resolve(),
    };
    const onAbort = () => closed.resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    const sql = postgres(url, options);
    try {
      await sql`listen ${sql(channel)}`;
      wake();
      await closed.promise;
    } catch {
      // not up yet
    }
    signal.removeEventListener("abort", onAbort);
    await sql.end({ timeout: 0 }).catch(() => {});
    await delay(RETRY_MS, undefined, { signal }).catch(() => {});
  }
}
