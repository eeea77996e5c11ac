import { setTimeout as delay } from "node:timers/promises";
import type postgres from "postgres";
import { type Job, type JobResult, type JobRunner, jobRunner } from "./cron_run.ts";
import { parseSchedule, type Schedule } from "./cron_schedule.ts";
import { listenForever } from "./listen.ts";
import { isMissing, type RenewableSql, renewableSql } from "./sql.ts";

// pg_cron's background worker. A job never overlaps itself: what falls due while it runs is made up for once, at once.

/** setTimeout counts in 32 bits; an hour also keeps a suspended laptop honest. */
const LONGEST_NAP_MS = 3_600_000;

export interface CronWorker {
  start(): void;
  /** No new runs; waits for those in progress. */
  stop(): Promise<void>;
  /** Runs a job now, whether or not the worker is started, after a run in progress. For tests that do not wait. */
  runJobNow(name: string): Promise<JobResult>;
  /** Ends the connections as well. */
  close(): Promise<void>;
}

/** The worker for the database at `adminUrl`; it does nothing before start(). */
export function cronWorker(adminUrl: string): CronWorker {
  const sql = renewableSql(adminUrl);
  const runner = jobRunner(adminUrl);
  const turns = takeTurns(runner);
  let scheduler: Scheduler | undefined;

  const worker: CronWorker = {
    start() {
      scheduler ??= startScheduler(adminUrl, sql, turns.run);
    },
    async stop() {
      await scheduler?.stop();
      scheduler = undefined;
      await turns.finished();
    },
    async runJobNow(name) {
      const job = (await readJobs(sql.current)).find(({ jobname }) => jobname === name);
      if (!job) throw new Error(`no cron job is named "${name}"`);
      return await turns.run(job);
    },
    async close() {
      await worker.stop();
      await runner.close();
      await sql.end();
    },
  };
  return worker;
}

type Run = (job: Job) => Promise<JobResult>;

/** Lets each job run only after its own earlier run. */
function takeTurns(runner: JobRunner): { run: Run; finished(): Promise<unknown> } {
  const last = new Map<string, Promise<unknown>>();
  return {
    run(job) {
      const turn = (last.get(job.jobid) ?? Promise.resolve()).then(() => runner.run(job));
      last.set(job.jobid, turn.catch(() => {}));
      return turn;
    },
    finished: () => Promise.all(last.values()),
  };
}

interface Scheduler {
  stop(): Promise<void>;
}

function startScheduler(adminUrl: string, sql: RenewableSql, run: Run): Scheduler {
  const followed = new Map<string, { key: string; stop: AbortController }>();

  async function reload(): Promise<void> {
    const jobs = await readJobs(sql.current);
    const wanted = new Map(jobs.filter(({ active }) => active).map((job) => [job.jobid, job]));
    for (const [id, { key, stop }] of followed) {
      const job = wanted.get(id);
      if (job && keyOf(job) === key) continue;
      stop.abort();
      followed.delete(id);
    }
    for (const [id, job] of wanted) {
      if (followed.has(id)) continue;
      const stop = new AbortController();
      followed.set(id, { key: keyOf(job), stop });
      follow(job, run, stop.signal);
    }
  }

  // Called when jobs change, when an extension comes or goes, and once Postgres is back.
  const stopListening = listenForever(adminUrl, "pg_cron_jobs", () => void reload().catch(sql.renew));
  return {
    async stop() {
      await stopListening();
      for (const { stop } of followed.values()) stop.abort();
    },
  };
}

/** All jobs; none while the extension is not there. */
async function readJobs(sql: postgres.Sql): Promise<Job[]> {
  try {
    return await sql<Job[]>`select * from cron.job`;
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function keyOf({ schedule, command, username }: Job): string {
  return JSON.stringify([schedule, command, username]);
}

async function follow(job: Job, run: Run, signal: AbortSignal): Promise<void> {
  const nextAfter = readSchedule(job);
  if (!nextAfter) return;
  let dueMs = nextAfter(Date.now());
  while (await sleepUntil(dueMs, signal)) {
    // A run that could not even be recorded (Postgres or the extension is away) is a run missed, as with the real one.
    await run(job).catch(() => {});
    dueMs = Math.max(nextAfter(dueMs), Date.now());
  }
}

function readSchedule({ jobname, jobid, schedule }: Job): Schedule | undefined {
  try {
    return parseSchedule(schedule);
  } catch (error) {
    console.warn(
      `cron job ${jobname ?? jobid} never runs: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** True when the moment has come, false when stopped. */
async function sleepUntil(dueMs: number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const restMs = dueMs - Date.now();
    if (restMs <= 0) return true;
    await delay(Math.min(restMs, LONGEST_NAP_MS), undefined, { signal }).catch(() => {});
  }
  return false;
}
