import { setTimeout as delay } from "node:timers/promises";
import type postgres from "postgres";
import { listenForever } from "./listen.ts";
import { isMissing, renewableSql } from "./sql.ts";
import { type NetRequest, type NetResponse, sendOnce } from "./net_request.ts";

// pg_net's background worker, with its weaknesses: each request gets one attempt; a batch is one transaction that ends
// when its slowest request does, and everything queued later waits for it; a worker killed in the middle rolls back
// and sends again what it had sent.

const BATCH_SIZE = 200;
const RETRY_MS = 100;

export interface NetWorkerOptions {
  /** The real worker rests for a second after each batch. */
  pauseMs?: number;
}

export interface NetWorker {
  start(): void;
  /** Lets the present batch finish. */
  stop(): Promise<void>;
  /** As if the process died: the present batch is rolled back although its requests may have arrived. */
  kill(): Promise<void>;
}

/** The worker for the database at `adminUrl`; it does nothing before start(). */
export function netWorker(adminUrl: string, { pauseMs = 1_000 }: NetWorkerOptions = {}): NetWorker {
  let running: Running | undefined;
  return {
    start: () => running ??= run(adminUrl, pauseMs),
    async stop() {
      await running?.end("gently");
      running = undefined;
    },
    async kill() {
      await running?.end("violently");
      running = undefined;
    },
  };
}

interface Running {
  end(manner: "gently" | "violently"): Promise<void>;
}

function run(adminUrl: string, pauseMs: number): Running {
  const stopping = new AbortController();
  const killed = new AbortController();
  const sql = renewableSql(adminUrl);
  const bell = wakeUp();
  const stopListening = listenForever(adminUrl, "pg_net_wake", bell.ring);

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      await bell.rung();
      // Rings during the batch are for the next one: a row may have come after the batch was read.
      bell.reset();
      const sent = await sendBatch(sql.current, killed.signal).catch((error) =>
        // The extension is not there; the bell rings when it comes.
        isMissing(error) ? 0 : "failed" as const
      );
      if (sent === 0) continue;
      bell.ring();
      if (sent === "failed") await sql.renew();
      await delay(sent === "failed" ? RETRY_MS : pauseMs, undefined, { signal: stopping.signal }).catch(
        () => {},
      );
    }
  }
  const ended = work();

  return {
    async end(manner) {
      stopping.abort();
      if (manner === "violently") killed.abort();
      bell.ring();
      await ended;
      await stopListening();
      await sql.end();
    },
  };
}

async function sendBatch(sql: postgres.Sql, killed: AbortSignal): Promise<number> {
  return await sql.begin(async (tx) => {
    const requests = await tx<NetRequest[]>`
      delete from net.http_request_queue
      where ctid = any (array(
        select ctid from net.http_request_queue order by id limit ${BATCH_SIZE} for update skip locked
      ))
      returning id, method, url, headers, body, timeout_milliseconds
    `;
    if (requests.length === 0) return 0;
    const responses = await Promise.all(requests.map((request) => sendOnce(request, killed)));
    await tx`insert into net._http_response ${tx(responses.map((response) => toRow(tx, response)))}`;
    await tx`delete from net._http_response where created < now() - interval '6 hours'`;
    return requests.length;
  });
}

function toRow(tx: postgres.TransactionSql, response: NetResponse) {
  return { ...response, headers: response.headers && tx.json(response.headers) };
}

function wakeUp() {
  let waiting = Promise.withResolvers<void>();
  return {
    ring: () => waiting.resolve(),
    rung: () => waiting.promise,
    reset: () => waiting = Promise.withResolvers<void>(),
  };
}
