import type postgres from "postgres";
import { databaseUrl } from "./database.ts";
import { isMissing, type RenewableSql, renewableSql } from "./sql.ts";

/** A row of cron.job. */
export interface Job {
  jobid: string;
  jobname: string | null;
  schedule: string;
  command: string;
  username: string;
  active: boolean;
}

export interface JobResult {
  status: "succeeded" | "failed";
  message: string;
}

/** Runs commands as their owners, each in a session of its own as pg_cron does, and keeps the record of it. */
export interface JobRunner {
  run(job: Job): Promise<JobResult>;
  close(): Promise<void>;
}

export function jobRunner(adminUrl: string): JobRunner {
  const record = renewableSql(adminUrl, 2);
  const owners = new Map<string, RenewableSql>();
  const database = new URL(adminUrl).pathname.slice(1);

  function sessionsOf(username: string): RenewableSql {
    const known = owners.get(username);
    if (known) return known;
    const sql = renewableSql(databaseUrl(adminUrl, database, username), 8);
    owners.set(username, sql);
    return sql;
  }

  async function recordAndRun(job: Job): Promise<JobResult> {
    const [row] = await record.current<{ runid: string }[]>`
      insert into cron.job_run_details (jobid, database, username, command, status, start_time)
      values (${job.jobid}, ${database}, ${job.username}, ${job.command}, 'running', clock_timestamp())
      returning runid
    `;
    const result = await execute(sessionsOf(job.username).current, job.command);
    await record.current`
      update cron.job_run_details
      set status = ${result.status}, return_message = ${result.message}, job_pid = ${result.pid},
          end_time = clock_timestamp()
      where runid = ${row?.runid ?? null}
    `;
    return { status: result.status, message: result.message };
  }

  return {
    async run(job) {
      try {
        return await recordAndRun(job);
      } catch (error) {
        // The extension was dropped: the sessions are as good as before, and others may be busy in them.
        if (isMissing(error)) throw error;
        // Postgres is away, or was for a moment; the next run starts afresh.
        await Promise.all([record, ...owners.values()].map((sql) => sql.renew()));
        throw error;
      }
    },
    async close() {
      await Promise.all([record, ...owners.values()].map((sql) => sql.end()));
    },
  };
}

async function execute(sql: postgres.Sql, command: string): Promise<JobResult & { pid: number | null }> {
  try {
    const result = await sql.unsafe(command);
    return { status: "succeeded", message: summary(result), pid: result.state?.pid ?? null };
  } catch (error) {
    return {
      status: "failed",
      message: `ERROR: ${error instanceof Error ? error.message : error}`,
      pid: null,
    };
  }
}

function summary({ command, count }: postgres.RowList<postgres.Row[]>): string {
  if (command === "SELECT") return count === 1 ? "1 row" : `${count} rows`;
  return [command, count].filter((part) => part !== null && part !== undefined).join(" ");
}
