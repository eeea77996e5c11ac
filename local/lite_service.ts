import type { Lite } from "./lite.ts";
import { databaseAway, isDatabaseAway, withDatabaseAway } from "./lite_faults.ts";

/** How long calls in progress may still finish once their connections are lost. */
const GRACE_MS = 1_000;

export interface LiteService {
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}

export interface LiteServiceOptions {
  open(): Promise<Lite>;
  /** Calls back whenever Postgres is there again after it was away; returns what ends it. */
  watch(onReturn: () => void): () => Promise<void>;
}

interface Session {
  lite: Promise<Lite>;
  /** Settles a while after the session was given up. */
  over: PromiseWithResolvers<void>;
}

/**
 * Serves lite through restarts of Postgres. Connections of a pool that was cut off may never answer again (see
 * sql.ts), so the whole session is given up, by the first call that notices or when Postgres returns; the next call
 * opens another, and calls that still wait are let go.
 */
export async function serveLite({ open, watch }: LiteServiceOptions): Promise<LiteService> {
  let latest: Session | undefined = start();
  await latest.lite;
  const stopWatching = watch(() => giveUp(latest));

  function start(): Session {
    return { lite: open(), over: Promise.withResolvers() };
  }

  function giveUp(session: Session | undefined): void {
    if (!session || latest !== session) return;
    latest = undefined;
    setTimeout(() => session.over.resolve(), GRACE_MS);
    session.lite.then((lite) => lite.close()).catch(() => {});
  }

  return {
    async fetch(request) {
      const session = latest ??= start();
      const answering = session.lite.then((lite) => lite.fetch(request)).then(withDatabaseAway);
      const letGo = session.over.promise.then(() => databaseAway("the connection was lost"));
      const answer = await Promise.race([answering, letGo])
        .catch((error) => databaseAway(String(error)));
      if (isDatabaseAway(answer)) giveUp(session);
      return answer;
    },
    async close() {
      await stopWatching();
      await latest?.lite.then((lite) => lite.close(), () => {});
    },
  };
}
