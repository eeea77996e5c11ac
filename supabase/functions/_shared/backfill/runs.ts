import { z } from "zod";

/** A backfill as zoho_backfill_runs has it; what a step needs to know. */
export const backfillRun = z.object({
  id: z.string(),
  entity_type: z.enum(["quote", "contract", "invoice", "customer"]),
  dry_run: z.boolean(),
  status: z.enum(["planning", "running", "finished", "cancelled", "failed"]),
  method: z.enum(["api", "bulk"]).nullable(),
});
export type BackfillRun = z.infer<typeof backfillRun>;

/** again: there is more to do now; wait: the queue or Zoho is at it; idle: no run is open, or another step is at it. */
export type StepEnd = "again" | "wait" | "idle";

const counts = z.object({
  create: z.number(),
  update: z.number(),
  skip: z.number(),
  link: z.number(),
  refuse: z.number(),
  reasons: z.record(z.string(), z.number()),
});
export type BackfillCounts = z.infer<typeof counts>;

/** What zoho_backfill_status answers of each run. */
export const backfillStatus = z.array(
  backfillRun.extend({
    since: z.string().nullable(),
    actor: z.string(),
    bulk_above: z.number(),
    total: z.number(),
    planned: counts.nullable(),
    outcome: counts.nullable(),
    credits_estimated: z.number().nullable(),
    credits_used: z.number(),
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
    started_at: z.string(),
    finished_at: z.string().nullable(),
    states: z.record(z.string(), z.number()),
    reasons: z.record(z.string(), z.number()),
    jobs: z.array(z.object({ state: z.string(), rows: z.number(), zohoJobId: z.string().nullable() })),
    waits_for: z.string().nullable(),
  }),
);
export type BackfillStatus = z.infer<typeof backfillStatus>[number];

/** How many entities are behind the run, of how many; planning counts as well. */
export function progressOf({ status, total, states }: Pick<BackfillStatus, "status" | "total" | "states">) {
  const open = status === "planning" ? ["new"] : ["new", "planned", "queued", "staged", "loading"];
  const left = open.reduce((sum, state) => sum + (states[state] ?? 0), 0);
  return { done: total - left, total };
}

/** A backfill as zoho-admin answers it. */
export function describeRun(run: BackfillStatus) {
  return {
    id: run.id,
    entity: run.entity_type,
    since: run.since,
    dryRun: run.dry_run,
    status: run.status,
    method: run.method,
    startedAt: run.started_at,
    finishedAt: run.finished_at,
    actor: run.actor,
    progress: progressOf(run),
    states: run.states,
    planned: run.planned,
    outcome: run.outcome,
    refused: run.reasons,
    credits: { estimated: run.credits_estimated, used: run.credits_used },
    jobs: run.jobs,
    waitsFor: run.waits_for,
    error: run.error_code === null ? null : { code: run.error_code, message: run.error_message },
  };
}
export type BackfillAnswer = ReturnType<typeof describeRun>;
