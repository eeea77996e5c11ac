import { z } from "zod";
import { liveDependencies } from "../app/dependencies.ts";
import { inBackground } from "../platform/background.ts";
import { entityTypes } from "../mapping/types.ts";
import { callFunction, DatabaseError } from "../platform/database.ts";
import { answer, BadRequestError } from "../platform/http.ts";
import { csvHeader, csvLines, type ReportRow } from "../reconcile/csv.ts";
import { repair } from "../reconcile/repair.ts";
import { type Counts, countsInWords, firstLine } from "../reconcile/report.ts";
import { workStep } from "../reconcile/run.ts";
import { stagesOf } from "../reconcile/stages.ts";
import { kinds } from "../sync/claim/kinds.ts";
import { describeFault } from "../zoho/faults.ts";
import { recordAction } from "./audit.ts";
import type { AdminCall } from "./router.ts";
import { answeringFaults } from "./zoho_fault.ts";
import { bodyOf, queryOf, ringArguments } from "./validate.ts";

const startRequest = z.strictObject({
  entity: z.enum(entityTypes).optional(),
  kind: z.enum(["full", "incremental"]).default("full"),
  /** Who rings: pg_cron says "schedule". */
  reason: z.string().max(50).optional(),
});

/**
 * POST /reconcile: starts a comparison of what Zoho holds with what it should hold and answers 202 with the run; one that
 * is under way is answered instead. @throws BadRequestError naming the field
 */
export async function startReconcile(call: AdminCall): Promise<Response> {
  const { entity, kind, reason } = bodyOf(call, startRequest);
  const isScheduled = call.caller.kind === "secret key" && reason === "schedule";
  if (!isScheduled) await recordAction(call, "reconcile", { kind, entity: entity ?? "all" });
  const run = z.object({ id: z.string(), started: z.boolean() }).nullable().parse(
    await callFunction(call.db, "zoho_reconcile_start", {
      p_kind: kind,
      p_entity_types: entity ? [entity] : Object.keys(kinds),
      p_actor: isScheduled ? "schedule" : call.caller.adminId ?? call.caller.kind,
    }),
  );
  if (run === null) {
    throw new BadRequestError(400, {
      code: "INVALID_BODY",
      message: `${entity ?? "Every type"} is switched off (zoho_sync_state.synced_types)`,
      field: "entity",
    });
  }
  inBackground(step(call));
  return answer({ success: true, run: run.id, started: run.started }, 202);
}

/** POST /reconcile/step: rung by the step before and by pg_cron, so it answers at once. */
export function stepReconcile(call: AdminCall): Promise<Response> {
  bodyOf(call, ringArguments);
  inBackground(step(call));
  return Promise.resolve(answer({ success: true, message: "comparing" }, 202));
}

async function step(call: AdminCall): Promise<void> {
  const { db, settings, log } = call;
  try {
    const report = await workStep(liveDependencies(db, settings, log), stagesOf);
    if (report.state !== "idle") log("info", `reconcile step ${report.state}`, { ...report });
  } catch (error) {
    log("error", "a reconcile step ended early; the sweep starts the next one", {
      fault: describeFault(error),
    });
  }
}

const verdicts = ["differs", "missing", "extra", "queued"] as const;
const reportQuery = z.strictObject({
  run: z.guid().optional(),
  verdict: z.enum(verdicts).optional(),
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** GET /reconcile: the report of a run, the newest unless `run` names one, with a page of what is no match. */
export async function readReconcile(call: AdminCall): Promise<Response> {
  const { run: asked, verdict, after, limit } = queryOf(call, reportQuery);
  const run = await readRun(call, asked);
  const rows = await readRows(call, run.id, { verdict, after, limit: limit + 1 });
  const items = rows.slice(0, limit);
  return answer({
    success: true,
    line: lineOf(run, call.settings.timeZone),
    run: {
      id: run.id,
      kind: run.kind,
      status: run.status,
      entityTypes: run.entity_types,
      actor: run.actor,
      since: run.since,
      startedAt: run.started_at,
      finishedAt: run.finished_at,
      calls: run.calls,
      credits: run.credits,
      steps: run.steps,
      error: run.error_code === null ? null : { code: run.error_code, message: run.error_message },
    },
    counts: countsOf(run),
    byType: run.counts,
    items: items.map((row) => ({
      id: row.id,
      verdict: row.verdict,
      reason: row.reason,
      entityType: row.entity_type,
      entityId: row.entity_id,
      reference: row.reference,
      zohoType: row.zoho_type,
      zohoId: row.zoho_id,
      fields: row.fields,
      repairedAt: row.repaired_at,
    })),
    next: rows.length > limit ? String(items.at(-1)?.id) : null,
  });
}

const csvQuery = z.strictObject({ run: z.guid().optional() });
const rowsPerChunk = 1_000;

/** GET /reconcile.csv: everything of a run that is no match, page by page as it is read. */
export async function exportReconcile(call: AdminCall): Promise<Response> {
  const run = await readRun(call, queryOf(call, csvQuery).run);
  let after = 0;
  const body = new ReadableStream<string>({
    start: (controller) => controller.enqueue(csvHeader),
    pull: async (controller) => {
      const rows = await readRows(call, run.id, { after, limit: rowsPerChunk });
      if (rows.length > 0) controller.enqueue(rows.map(csvLines).join(""));
      after = rows.at(-1)?.id ?? after;
      if (rows.length < rowsPerChunk) controller.close();
    },
  });
  return new Response(body.pipeThrough(new TextEncoderStream()), {
    headers: {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": `attachment; filename="reconcile-${run.started_at.slice(0, 10)}.csv"`,
    },
  });
}

const repairRequest = z.strictObject({
  run: z.guid(),
  verdict: z.enum(["differs", "missing"]).optional(),
  rows: z.array(z.number().int()).min(1).max(500).optional(),
  recreateDeleted: z.boolean().default(false),
});

/**
 * POST /reconcile/repair: queues what a run found to be different or missing, 500 rows a call. What was deleted in Zoho
 * stays so unless `recreateDeleted`; what is extra is never touched. @throws BadRequestError naming the field
 */
export async function repairReconcile(call: AdminCall): Promise<Response> {
  const asked = bodyOf(call, repairRequest);
  const run = await readRun(call, asked.run);
  await recordAction(call, "reconcile repair", asked);
  return await answeringFaults(call, "reconcile repair", async () => {
    const repaired = await repair(liveDependencies(call.db, call.settings, call.log), {
      runId: run.id,
      verdicts: asked.verdict ? [asked.verdict] : ["differs", "missing"],
      rows: asked.rows ?? null,
      recreateDeleted: asked.recreateDeleted,
    });
    return answer({ success: true, ...repaired });
  });
}

const runRow = z.object({
  id: z.string(),
  kind: z.enum(["full", "incremental"]),
  status: z.enum(["running", "finished", "failed"]),
  entity_types: z.array(z.string()),
  actor: z.string(),
  since: z.string().nullable(),
  started_at: z.string(),
  finished_at: z.string().nullable(),
  matched: z.number(),
  differs: z.number(),
  missing: z.number(),
  extra: z.number(),
  queued: z.number(),
  calls: z.number(),
  credits: z.number(),
  steps: z.number(),
  counts: z.record(z.string(), z.record(z.string(), z.number())),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
});
type RunRow = z.infer<typeof runRow>;

async function readRun(call: AdminCall, id: string | undefined): Promise<RunRow> {
  const row = await callFunction(call.db, "zoho_reconcile_report", id === undefined ? {} : { p_run: id });
  if (row !== null) return runRow.parse(row);
  throw new BadRequestError(404, {
    code: "NOT_FOUND",
    message: id === undefined ? "Nothing has been compared yet" : "There is no such run",
    field: "run",
    hint: "POST /reconcile starts a run.",
  });
}

function countsOf({ matched, differs, missing, extra, queued }: RunRow): Counts {
  return { match: matched, differs, missing, extra, queued };
}

function lineOf(run: RunRow, timeZone: string): string {
  if (run.status === "finished" && run.finished_at !== null) {
    return firstLine(countsOf(run), new Date(run.finished_at), new Date(), timeZone);
  }
  const soFar = countsInWords(countsOf(run));
  return run.status === "failed" ? `Stopped by ${run.error_code}: ${soFar}` : `So far: ${soFar}`;
}

const difference = z.object({ zoho: z.json(), circletel: z.json() });
const reportRow = z.object({
  id: z.number(),
  verdict: z.string(),
  reason: z.string(),
  entity_type: z.string(),
  entity_id: z.string().nullable(),
  reference: z.string().nullable(),
  zoho_type: z.string(),
  zoho_id: z.string().nullable(),
  fields: z.custom<ReportRow["fields"]>((value) => z.record(z.string(), difference).safeParse(value).success),
  repaired_at: z.string().nullable(),
});

async function readRows(
  call: AdminCall,
  runId: string,
  { verdict, after, limit }: { verdict?: string; after: number; limit: number },
): Promise<z.infer<typeof reportRow>[]> {
  const all = call.db.from("zoho_reconcile_rows").select("*").eq("run_id", runId).gt("id", after);
  const some = verdict === undefined ? all : all.eq("verdict", verdict);
  const { data, error } = await some.order("id").limit(limit);
  if (error) throw new DatabaseError(error.code, "zoho_reconcile_rows", error.message);
  return z.array(reportRow).parse(data);
}
