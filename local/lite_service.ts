import { withDeadline } from "./deadline.ts";
import type { Lite } from "./lite.ts";
import { databaseAway, isDatabaseAway, withDatabaseAway } from "./lite_faults.ts";

/** How long calls in progress may still finish once the database was lost to one of them. */
const GRACE_MS = 1_000;

export interface LiteService {
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}

interface Session {
  lite: Lite;
  lost: PromiseWithResolvers<void>;
}

/**
 * Serves lite through restarts of Postgres: after a lost connection the next call opens a fresh one, because some
 * connections of the old pool may never answer (see sql.ts), and calls that still wait for such a one are let go.
 */
export async function serveLite(open: () => Promise<Lite>): Promise<LiteService> {
  let latest: Promise<Session> | undefined = start();
  await latest;

  async function start(): Promise<Session> {
    return { lite: await open(), lost: Promise.withResolvers() };
  }
  function forget(session: Promise<Session>): void {
    if (latest === session) latest = undefined;
  }

  return {
    async fetch(request) {
      const opening = latest ??= start();
      let session: Session;
      try {
        session = await opening;
      } catch (error) {
        forget(opening);
        return databaseAway(String(error));
      }
      const answer = await answerOf(session, request);
      if (isDatabaseAway(answer) && latest === opening) {
        forget(opening);
        session.lost.resolve();
        session.lite.close().catch(() => {});
      }
      return answer;
    },
    async close() {
      const session = await latest?.catch(() => undefined);
      await session?.lite.close();
    },
  };
}

async function answerOf({ lite, lost }: Session, request: Request): Promise<Response> {
  const answering = lite.fetch(request).then(withDatabaseAway);
  const letGo = lost.promise.then(() => withDeadline(answering, GRACE_MS, "a call on a lost connection"));
  letGo.catch(() => {}); // it may come to nothing after the answer has gone out
  try {
    return await Promise.race([answering, letGo]);
  } catch (error) {
    return databaseAway(String(error));
  }
}
