import { z } from "zod";
import { entityTypes } from "../mapping/types.ts";
import type { BackfillAnswer } from "./answer.ts";

/** A backfill as zoho_backfill_runs has it; what a step needs to know. */
export const backfillRun = z.object({
  id: z.string(),
  entity_type: z.enum(entityTypes),
  dry_run: z.boolean(),
  status: z.enum(["running", "finished", "cancelled"]),
});
export type BackfillRun = z.infer<typeof backfillRun>;

/** again: there is more to do now; wait: the queue is working; idle: no run is open, or another step is working. */
export type StepEnd = "again" | "wait" | "idle";

const counts = z.object({
  create: z.number(),
  update: z.number(),
  skip: z.number(),
  link: z.number(),
  refuse: z.number(),
  reasons: z.record(z.string(), z.number()),
});

/** What zoho_backfill_status answers of each run. */
export const backfillStatus = z.array(
  backfillRun.extend({
    since: z.string().nullable(),
    actor: z.string(),
    total: z.number(),
    outcome: counts.nullable(),
    credits_estimated: z.number().nullable(),
    credits_used: z.number(),
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
    started_at: z.string(),
    finished_at: z.string().nullable(),
    states: z.record(z.string(), z.number()),
    reasons: z.record(z.string(), z.number()),
    waits_for: z.string().nullable(),
  }),
);
type BackfillStatus = z.infer<typeof backfillStatus>[number];

/** How many entities are behind the run, of how many: planned in a dry run, tried in a real one. */
export function progressOf({ total, states }: Pick<BackfillStatus, "total" | "states">) {
  const left = (states.new ?? 0) + (states.queued ?? 0);
  return { done: total - left, total };
}

/** A backfill as zoho-admin answers it. */
export function describeRun(run: BackfillStatus): BackfillAnswer {
  return {
    id: run.id,
    entity: run.entity_type,
    since: run.since,
    dryRun: run.dry_run,
    status: run.status,
    startedAt: run.started_at,
    finishedAt: run.finished_at,
    actor: run.actor,
    progress: progressOf(run),
    states: run.states,
    outcome: run.outcome,
    refused: run.reasons,
    credits: { estimated: run.credits_estimated, used: run.credits_used },
    waitsFor: run.waits_for,
    error: run.error_code === null ? null : { code: run.error_code, message: run.error_message },
  };
}
