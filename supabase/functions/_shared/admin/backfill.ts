import { z } from "zod";
import { liveDependencies } from "../app/dependencies.ts";
import { backfillStatus, describeRun } from "../backfill/runs.ts";
import { stepBackfill } from "../backfill/step.ts";
import { readIdentity } from "../identity/identity.ts";
import { startOfDay } from "../mapping/dates.ts";
import { entityTypes } from "../mapping/types.ts";
import { inBackground } from "../platform/background.ts";
import { callFunction } from "../platform/database.ts";
import { answer, BadRequestError } from "../platform/http.ts";
import { describeFault } from "../zoho/faults.ts";
import { recordAction } from "./audit.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import {
  bodyOf,
  knownDate,
  knownMoment,
  listParameters,
  notFound,
  queryOf,
  ringArguments,
} from "./validate.ts";

const startRequest = z.strictObject({
  entity: z.enum(entityTypes),
  since: z.union([knownMoment, knownDate], {
    error: "is neither a date nor ISO-8601 with an offset",
  }).optional(),
  dryRun: z.boolean().default(false),
});
const oneRun = z.strictObject({ run: z.guid() });
const startAnswer = z.union([z.object({ id: z.string() }), z.object({ busy: z.string() })]);

/**
 * POST /backfill: begins a backfill, or a dry run of one. 202 with the run; GET /backfill?run= shows its progress.
 * @throws BadRequestError naming the field
 */
export async function startBackfill(call: AdminCall): Promise<Response> {
  const asked = bodyOf(call, startRequest);
  if (!asked.dryRun && (await readIdentity(call.db, call.settings.supabaseUrl)).observingSince !== null) {
    throw new BadRequestError(409, {
      code: "OBSERVING",
      message: "Observe mode: the sync writes nothing",
      hint: "Ask for a dry run, or end it with POST /observe",
    });
  }
  await recordAction(call, asked.dryRun ? "backfill (dry run)" : "backfill", asked);
  const started = startAnswer.parse(
    await callFunction(call.db, "zoho_backfill_start", {
      p_entity_type: asked.entity,
      ...(asked.since === undefined ? {} : { p_since: sinceOf(asked.since, call.settings.timeZone) }),
      p_dry_run: asked.dryRun,
      p_actor: call.caller.adminId ?? call.caller.kind,
    }),
  );
  if ("busy" in started) {
    throw new BadRequestError(409, {
      code: "BACKFILL_RUNNING",
      message: `Backfill ${started.busy} is under way`,
      hint: "Watch it with GET /backfill?run=, or end it with POST /backfill/cancel",
    });
  }
  step(call);
  return await showRun(call, started.id, 202);
}

/** A date begins where the business is. */
function sinceOf(since: string, timeZone: string): string {
  const isDate = /^\d{4}-\d\d-\d\d$/.test(since);
  return (isDate ? startOfDay(since, timeZone) : new Date(since)).toISOString();
}

/** GET /backfill: one run by `run`, or the newest twenty. @throws BadRequestError naming the field */
export async function showBackfill(call: AdminCall): Promise<Response> {
  const { run } = queryOf(call, oneRun.partial());
  if (run !== undefined) return await showRun(call, run, 200);
  const runs = backfillStatus.parse(await callFunction(call.db, "zoho_backfill_status", {}));
  return answer({ success: true, runs: runs.map(describeRun) });
}

const itemParameters = z.strictObject({
  run: z.guid(),
  plan: z.enum(["create", "update", "skip", "link", "refuse"]).optional(),
  reason: z.string().max(60).optional(),
  after: z.coerce.number().int().min(0).default(0),
  limit: listParameters.limit,
});

/** GET /backfill/items: what became of each entity of a run or, of a dry run, what would. @throws BadRequestError */
export async function backfillItems(call: AdminCall): Promise<Response> {
  const { run, plan, reason, after, limit } = queryOf(call, itemParameters);
  const rows = await callFunction(call.db, "zoho_backfill_items_page", {
    p_run: run,
    p_plan: plan,
    p_reason: reason,
    p_after: after,
    p_limit: limit,
  });
  return answer({ success: true, ...page(rows) });
}

/** POST /backfill/step: called by pg_cron, by the step before and by watching clients, so it answers at once. */
export function ringBackfill(call: AdminCall): Promise<Response> {
  bodyOf(call, ringArguments);
  step(call);
  return Promise.resolve(answer({ success: true, message: "stepping" }, 202));
}

/** POST /backfill/cancel: removes what no drain has started from the queue. @throws BadRequestError naming the field */
export async function cancelBackfill(call: AdminCall): Promise<Response> {
  const { run } = bodyOf(call, oneRun);
  await recordAction(call, "backfill cancel", { run });
  const cancelled = await callFunction(call.db, "zoho_backfill_cancel", { p_run: run });
  if (cancelled === null) notFound("No backfill that is under way has this id", "run");
  return await showRun(call, run, 200);
}

async function showRun(call: AdminCall, id: string, status: number): Promise<Response> {
  const [run] = backfillStatus.parse(await callFunction(call.db, "zoho_backfill_status", { p_run: id }));
  return run
    ? answer({ success: true, run: describeRun(run) }, status)
    : notFound("There is no such backfill", "run");
}

function step({ db, settings, log }: AdminCall): void {
  inBackground(
    stepBackfill(liveDependencies(db, settings, log)).catch((error) =>
      log("error", "a step of the backfill ended early", { fault: describeFault(error) })
    ),
  );
}
