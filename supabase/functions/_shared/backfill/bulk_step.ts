import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import type { SyncDependencies } from "../sync/run.ts";
import { readBulkJob, readBulkResult, startBulkUpsert, uploadCsv } from "../zoho/bulk.ts";
import { bulkCsv, type BulkRow, columnsOf } from "./bulk_rows.ts";
import { type BackfillEntity, bulkColumn } from "./entities.ts";
import type { BackfillRun, StepEnd } from "./runs.ts";

const rowsAtATime = 5_000;
const resultsAtATime = 1_000;

const fieldValue = z.union([z.string(), z.number(), z.boolean(), z.null(), z.object({ id: z.string() })]);
const bulkRows: z.ZodType<BulkRow[]> = z.array(
  z.object({ position: z.number(), fields: z.record(z.string(), fieldValue) }),
);
const openJobs = z.array(z.object({
  id: z.string(),
  state: z.enum(["filling", "open", "uploaded", "working"]),
  file_id: z.string().nullable(),
  zoho_job_id: z.string().nullable(),
  columns: z.array(z.string()).nullable(),
}));
type Job = z.infer<typeof openJobs>[number];
const taken = z.object({ state: z.enum(["waiting", "none", "filling", "open", "done"]) });
const settledAnswer = z.object({ settled: z.number(), busy: z.number() });

/**
 * Brings the run's bulk jobs a step further. Each state is stored when it is reached, so that a killed isolate repeats
 * one step at most: a file is uploaded twice, a job runs twice and finds its own records, a result is read twice.
 */
export async function stepBulk(
  with_: SyncDependencies,
  run: BackfillRun,
  entity: BackfillEntity,
  stopAtMs: number,
): Promise<StepEnd> {
  while (with_.now() < stopAtMs) {
    const [job] = openJobs.parse(await callFunction(with_.db, "zoho_backfill_open_jobs", { p_run: run.id }));
    if (!job || job.state === "filling") {
      const { state } = taken.parse(
        await callFunction(with_.db, "zoho_backfill_take", { p_run: run.id, p_limit: rowsAtATime }),
      );
      if (state === "filling" || state === "open" || state === "done") continue;
      // Asking is what ends a run whose last entity has been tried.
      await callFunction(with_.db, "zoho_backfill_status", { p_run: run.id });
      return "wait";
    }
    if (!await steps[job.state](with_, job, entity)) return "wait";
  }
  return "again";
}

/** True when the job is a state further; false when Zoho or a drain is at it. */
type JobStep = (with_: SyncDependencies, job: Job, entity: BackfillEntity) => Promise<boolean>;

const steps: Record<"open" | "uploaded" | "working", JobStep> = {
  open: upload,
  uploaded: start,
  working: settle,
};

async function upload(with_: SyncDependencies, job: Job): Promise<boolean> {
  const rows: BulkRow[] = [];
  for (;;) {
    const page = bulkRows.parse(
      await callFunction(with_.db, "zoho_backfill_rows", {
        p_job: job.id,
        p_after: rows.at(-1)?.position ?? 0,
        p_limit: rowsAtATime,
      }),
    );
    rows.push(...page);
    if (page.length < rowsAtATime) break;
  }
  const columns = columnsOf(rows);
  const fileId = await uploadCsv(with_.zoho, bulkCsv(rows, columns));
  await store(with_, job, "uploaded", { p_file_id: fileId, p_columns: columns });
  return true;
}

async function start(with_: SyncDependencies, job: Job, entity: BackfillEntity): Promise<boolean> {
  const zohoJobId = await startBulkUpsert(with_.zoho, {
    module: entity.module,
    fileId: job.file_id ?? "",
    findBy: entity.bulkKey ?? "",
    columns: (job.columns ?? []).map(bulkColumn),
  });
  await store(with_, job, "working", { p_zoho_job_id: zohoJobId });
  return true;
}

async function settle(with_: SyncDependencies, job: Job, entity: BackfillEntity): Promise<boolean> {
  const answer = await readBulkJob(with_.zoho, job.zoho_job_id ?? "");
  if (answer.state === "working") {
    await store(with_, job, "working", {});
    return false;
  }
  if (answer.state === "failed") {
    await store(with_, job, "failed", { p_error_code: answer.code });
    return true;
  }
  const results = await readBulkResult(with_.zoho, answer.resultUrl, entity.bulkKey ?? "");
  let busy = 0;
  for (let at = 0; at < results.length; at += resultsAtATime) {
    const settled = settledAnswer.parse(
      await callFunction(with_.db, "zoho_backfill_settle", {
        p_job: job.id,
        p_results: results.slice(at, at + resultsAtATime),
      }),
    );
    busy += settled.busy;
  }
  await store(with_, job, busy > 0 ? "working" : "done", {});
  return busy === 0;
}

/** The job's new state, and what the calls since the last one have cost. */
async function store(
  with_: SyncDependencies,
  job: Job,
  state: string,
  more: { p_file_id?: string; p_zoho_job_id?: string; p_error_code?: string; p_columns?: string[] },
): Promise<void> {
  const { credits, calls } = with_.zoho.takeSpent();
  await callFunction(with_.db, "zoho_backfill_job_step", {
    p_job: job.id,
    p_state: state,
    p_credits: credits,
    p_calls: calls,
    ...more,
  });
}
