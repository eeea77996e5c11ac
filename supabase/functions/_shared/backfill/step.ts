import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { SECOND } from "../platform/duration.ts";
import { describeFault, faultCode } from "../zoho/faults.ts";
import { kinds } from "../sync/claim/kinds.ts";
import type { SyncDependencies } from "../sync/drain_session.ts";
import { plannedChange, planPage } from "./plan.ts";
import { type BackfillRun, backfillRun, type StepEnd } from "./runs.ts";

/** A page is as large as a wave of the drain, so that both meet the same companies in the same calls. */
const pageSize = 200;
/**
 * The platform allows a request 2 s of processor time and 150 s in all. An entity of a dry run costs what a drained one does,
 * about 0.07 ms (docs/figures.md), and its part of two more database calls.
 */
const mostPagesPerStep = 20;
const longestStepMs = 60 * SECOND;
const leaseSeconds = 120;
/** One statement of the database may take 8 s on the platform; 5,000 rows take 0.3 s. */
const enqueuedAtATime = 5_000;

const page = z.object({ changes: z.array(plannedChange), products: z.record(z.string(), z.string()) });

/**
 * One step of the open backfill, started by the schedule, by a watching client, and by the step before. Its results are
 * stored page by page, so that the next step continues after a killed one.
 */
export async function stepBackfill(deps: SyncDependencies): Promise<StepEnd> {
  const worker = crypto.randomUUID();
  const claimed = await callFunction(deps.db, "zoho_backfill_claim_step", {
    p_worker: worker,
    p_lease_seconds: leaseSeconds,
  });
  if (claimed === null) return "idle";
  const run = backfillRun.parse(claimed);
  const end = (more: { p_code?: string; p_message?: string; p_ring?: boolean }) =>
    callFunction(deps.db, "zoho_backfill_end_step", { p_run: run.id, p_worker: worker, ...more });
  try {
    const ended = await work(deps, run);
    await end({ p_ring: ended === "again" });
    return ended;
  } catch (error) {
    // The run stays open and the schedule tries again; what was stored is not lost.
    const code = faultCode(error);
    deps.log("error", "a step of the backfill failed", { run: run.id, code, fault: describeFault(error) });
    await end({ p_code: code, p_message: describeFault(error) });
    return "wait";
  }
}

async function work(deps: SyncDependencies, run: BackfillRun): Promise<StepEnd> {
  const stopAtMs = deps.now() + longestStepMs;
  if (run.dry_run) return await planPages(deps, run, stopAtMs);
  while (await enqueue(deps, run) > 0) {
    if (deps.now() > stopAtMs) return "again";
  }
  // This call ends a run whose last entity has been tried.
  await callFunction(deps.db, "zoho_backfill_status", { p_run: run.id });
  return "wait";
}

async function planPages(
  deps: SyncDependencies,
  run: BackfillRun,
  stopAtMs: number,
): Promise<StepEnd> {
  // While the sync observes no drain reads the fields.
  await deps.gate.belong();
  await deps.fields.keep(deps.zoho);
  for (let done = 0; done < mostPagesPerStep && deps.now() < stopAtMs; done++) {
    const { changes, products } = page.parse(
      await callFunction(deps.db, "zoho_backfill_page", { p_run: run.id, p_limit: pageSize }),
    );
    if (changes.length === 0) {
      await callFunction(deps.db, "zoho_backfill_end_plan", { p_run: run.id });
      return "idle";
    }
    const { items, links, credits } = await planPage(
      deps,
      kinds[run.entity_type],
      changes,
      products,
    );
    await callFunction(deps.db, "zoho_backfill_planned", {
      p_run: run.id,
      p_items: items,
      p_links: links,
      p_credits: credits,
    });
  }
  return "again";
}

async function enqueue(deps: SyncDependencies, run: BackfillRun): Promise<number> {
  return z.number().parse(
    await callFunction(deps.db, "zoho_backfill_enqueue", { p_run: run.id, p_limit: enqueuedAtATime }),
  );
}
