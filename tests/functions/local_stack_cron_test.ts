import { assert, assertEquals, assertRejects } from "@std/assert";
import type postgres from "postgres";
import { type CronWorker, cronWorker } from "../../local/cron_worker.ts";
import { createDatabase } from "../../local/database.ts";
import { openSql } from "../../local/sql.ts";
import { clusterUrl } from "../support/cluster.ts";
import { withDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";

async function withCron(test: (sql: postgres.Sql, worker: CronWorker) => Promise<void>): Promise<void> {
  await withDatabase("plain", async (sql, database) => {
    await sql`select cron.unschedule(jobid) from cron.job`; // the project's own
    const worker = cronWorker(database.adminUrl);
    try {
      await test(sql, worker);
    } finally {
      await worker.close();
    }
  });
}

Deno.test("scheduling a name again changes the job and keeps its id", async () => {
  await withCron(async (sql) => {
    const [first] = await sql`select cron.schedule('sweep', '30 seconds', 'select 1') as id`;
    const [second] = await sql`select cron.schedule('sweep', '*/5 * * * *', 'select 2') as id`;
    assertEquals(second?.id, first?.id);
    const jobs = await sql`select jobname, schedule, command, username, active from cron.job`;
    assertEquals([...jobs].map((job) => ({ ...job })), [
      { jobname: "sweep", schedule: "*/5 * * * *", command: "select 2", username: "postgres", active: true },
    ]);
    await sql`select cron.alter_job(${first?.id}, schedule := '1 second', active := false)`;
    const [altered] = await sql`select schedule, command, active from cron.job`;
    assertEquals({ ...altered }, { schedule: "1 second", command: "select 2", active: false });
    await sql`select cron.unschedule('sweep')`;
    assertEquals((await sql`select from cron.job`).length, 0);
    await assertRejects(
      () => sql`select cron.unschedule('sweep')`.execute(),
      Error,
      "could not find valid entry",
    );
  });
});

Deno.test("a schedule that pg_cron would refuse is refused", async () => {
  await withCron(async (sql) => {
    for (const schedule of ["90 seconds", "0 seconds", "often", "* * * *", "30 seconds *"]) {
      await assertRejects(
        () => sql`select cron.schedule(${schedule}, 'select 1')`.execute(),
        Error,
        "invalid schedule",
      );
    }
    await sql`select cron.schedule('0 2 $ * MON-FRI', 'select 1')`;
  });
});

Deno.test("a job runs by itself every second and leaves a record of each run", async () => {
  await withCron(async (sql, worker) => {
    await sql`create table public.ticks (at timestamptz default clock_timestamp())`;
    worker.start();
    await sql`select cron.schedule('tick', '1 second', 'insert into public.ticks default values')`;
    await until(async () => (await sql`select from public.ticks`).length >= 2);
    await sql`select cron.unschedule('tick')`;
    await worker.stop();
    const [run] = await sql`select * from cron.job_run_details order by runid limit 1`;
    assertEquals([run?.status, run?.return_message, run?.username], ["succeeded", "INSERT 1", "postgres"]);
    assert(run?.end_time >= run?.start_time);
  });
});

Deno.test("a job never overlaps itself, while another job runs beside it", async () => {
  await withCron(async (sql, worker) => {
    await sql`select cron.schedule('slow', '59 seconds', 'select pg_sleep(0.1)')`;
    await sql`select cron.schedule('other', '59 seconds', 'select 1')`;
    await Promise.all([worker.runJobNow("slow"), worker.runJobNow("slow"), worker.runJobNow("other")]);
    const slow = await sql`
      select start_time >= lag(end_time) over (order by runid) as apart
      from cron.job_run_details d join cron.job j using (jobid) where jobname = 'slow' order by runid
    `;
    assertEquals(slow.map((row) => row.apart), [null, true]);
    const [beside] = await sql`
      select o.end_time < max(s.end_time) as beside from cron.job_run_details s, cron.job_run_details o
      where s.command like '%sleep%' and o.command = 'select 1' group by o.end_time
    `;
    assertEquals(beside?.beside, true);
  });
});

Deno.test("a failing job is recorded with the reason, and an unknown job name is an error", async () => {
  await withCron(async (sql, worker) => {
    await sql`select cron.schedule('broken', '59 seconds', 'select 1/0')`;
    assertEquals(await worker.runJobNow("broken"), { status: "failed", message: "ERROR: division by zero" });
    const [run] = await sql`select status, return_message from cron.job_run_details`;
    assertEquals({ ...run }, { status: "failed", return_message: "ERROR: division by zero" });
    await assertRejects(() => worker.runJobNow("nobody"), Error, 'no cron job is named "nobody"');
  });
});

Deno.test("the worker waits for a missing extension, drops its jobs and picks it up again", async () => {
  const database = await createDatabase(clusterUrl, "bare");
  const worker = cronWorker(database.adminUrl);
  const sql = openSql(database.url);
  try {
    await sql`create table public.ticks (round int)`;
    worker.start();
    await assertRejects(() => worker.runJobNow("tick"), Error, 'no cron job is named "tick"');
    for (const round of [1, 2]) {
      await sql`drop extension if exists pg_cron cascade`;
      await assertRejects(() => worker.runJobNow("tick"), Error, 'no cron job is named "tick"');
      await sql`create extension pg_cron`;
      await sql`select cron.schedule('tick', '1 second', ${`insert into public.ticks values (${round})`})`;
      await until(async () => (await sql`select from public.ticks where round = ${round}`).length > 0);
    }
    await worker.stop();
    const runs = await sql`select distinct command from cron.job_run_details`;
    assertEquals(runs.map(({ command }) => command), ["insert into public.ticks values (2)"]);
  } finally {
    await worker.close();
    await sql.end({ timeout: 1 });
    await database.drop();
  }
});
