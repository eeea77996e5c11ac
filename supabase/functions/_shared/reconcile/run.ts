import { z } from "zod";
import { type EntityType, entityTypes } from "../mapping/types.ts";
import { callFunction } from "../platform/database.ts";
import { MINUTE, SECOND } from "../platform/duration.ts";
import type { ValueRules } from "../merge/values.ts";
import { listedFields } from "../sync/records/look.ts";
import { tryCall } from "../sync/attempts/tries.ts";
import { valueRulesOf } from "../fields/value_rules.ts";
import type { SyncDependencies } from "../sync/drain_session.ts";
import type { Spent } from "../zoho/client.ts";
import { rowOfFault } from "../zoho/fault_row.ts";
import { describeFault, faultCode, isZohoFault } from "../zoho/faults.ts";
import type { Verdict } from "./compare.ts";
import type { RecordKind } from "../sync/claim/kinds.ts";

const claimed = z.object({
  id: z.string(),
  kind: z.enum(["full", "incremental"]),
  entity_types: z.array(z.enum(entityTypes)),
  since: z.string().nullable(),
  cursor: z.object({ stage: z.number().default(0), position: z.unknown().optional() }),
  read_at: z.string(),
  poll_since: z.string().nullable(),
});
type Claimed = z.infer<typeof claimed>;

/** A verdict in the form of zoho_reconcile_note. */
export interface ReconcileResult extends Verdict {
  zoho_id: string | null;
  entity_id: string | null;
  reference: string | null;
}

/** The results of one page of a stage, and the next position; null at the end of the stage. */
export interface PageOutcome {
  results: ReconcileResult[];
  position: unknown;
  /** Rows of the run that the results replace. */
  replaces?: number[];
}

/** The stages of a run in order: deletions, then each kind's records and entities, then those that were still queued. */
export interface RunStage {
  /** Whose verdicts it finds; null for none. */
  entityType: EntityType | null;
  work: (run: RunningRun, position: unknown) => Promise<PageOutcome>;
}

/** A run, as claimed by one step. */
export interface RunningRun {
  deps: SyncDependencies;
  claimed: Claimed;
  /** Both sides' changes since then are looked at; null for everything. */
  since: Date | null;
  /** The database's clock before the current page was read from Zoho. */
  readAt: string;
  /** How values of a kind are compared in this org, and the fields to request. @throws DatabaseError */
  rulesOf: (kind: RecordKind) => Promise<ValueRules>;
  fieldsOf: (kind: RecordKind) => Promise<readonly string[]>;
  /** A read of Zoho, tried up to three times. @throws ZohoCallError, ZohoTokenError */
  ask: <T>(read: () => Promise<T>) => Promise<T>;
}

/** Longer than the longest call with its retries, so that a healthy step never loses the run. */
const leaseSeconds = 120;
const triesOfCall = 3;

/** Zoho's clock and ours may differ by minutes: changes shortly before the last run are compared again. */
const overlapMs = 10 * MINUTE;

interface StepOptions {
  /** Milliseconds after which no further page is read; the platform ends an isolate at 150 s. */
  budgetMs?: number;
  /**
   * Pages after which no further one is read. A page of 200 takes about 10 ms of processor time (docs/figures.md), and
   * the platform allows a request 2 s.
   */
  mostPages?: number;
  /** Calls after which no further page is read: where line items are read one by one a page of 200 takes about 55 ms. */
  mostCalls?: number;
}

interface StepReport {
  /** idle: no run is due; spent: the next step has been requested */
  state: "finished" | "spent" | "idle" | "fault";
  runId: string | null;
  pages: number;
}

/**
 * Works the run that is due, page by page; every page is stored with the cursor behind it in one transaction, so a step
 * that is killed costs one page. @throws DatabaseError
 */
export async function workStep(
  deps: SyncDependencies,
  stagesOf: (types: EntityType[]) => RunStage[],
  options: StepOptions = {},
): Promise<StepReport> {
  const worker = crypto.randomUUID();
  const answer = await callFunction(deps.db, "zoho_reconcile_claim", {
    p_worker: worker,
    p_lease_seconds: leaseSeconds,
  });
  if (answer === null) return { state: "idle", runId: null, pages: 0 };
  const run = runningRun(deps, claimed.parse(answer));
  const { id } = run.claimed;
  const stages = stagesOf(run.claimed.entity_types);
  const stopAtMs = deps.now() + (options.budgetMs ?? 60 * SECOND);
  const mostPages = options.mostPages ?? 50;
  const mostCalls = options.mostCalls ?? 4_000;
  let { stage, position } = run.claimed.cursor;
  let pages = 0;
  let calls = 0;
  try {
    for (; pages < mostPages && calls < mostCalls && deps.now() < stopAtMs; pages++) {
      const current = stages[stage];
      const outcome = current ? await current.work(run, position ?? null) : emptyPage;
      if (outcome.position === null) stage += 1;
      position = outcome.position;
      const isFinished = stage >= stages.length;
      const spent = deps.zoho.takeSpent();
      calls += spent.calls;
      const readAt = await note(
        run,
        worker,
        current?.entityType ?? null,
        { ...outcome, spent },
        { stage, position },
        isFinished,
      );
      if (readAt === null) return { state: "idle", runId: id, pages };
      if (isFinished) return { state: "finished", runId: id, pages: pages + 1 };
      run.readAt = readAt;
    }
  } catch (error) {
    if (!isZohoFault(error)) {
      // Counted as well: a page that can never be stored would keep this run open, and every later one out, for ever.
      await release(run, worker, error).catch(() => {});
      throw error;
    }
    await release(run, worker, error);
    return { state: "fault", runId: id, pages };
  }
  await release(run, worker, null);
  return { state: "spent", runId: id, pages };
}

const emptyPage: PageOutcome = { results: [], position: null };

function runningRun(deps: SyncDependencies, row: Claimed): RunningRun {
  const { fields, settings } = deps;
  return {
    rulesOf: async ({ module }) => valueRulesOf(module, await fields.rules(), settings.timeZone),
    fieldsOf: async (kind) => listedFields(kind, await fields.rules()),
    deps,
    claimed: row,
    since: row.since === null ? null : withOverlap(row.since),
    readAt: row.read_at,
    ask: (read) => tryCall({ most: triesOfCall, sleep: deps.sleep }, read),
  };
}

/** The moment from which changes in Zoho are read. */
export function withOverlap(moment: string): Date {
  return new Date(Date.parse(moment) - overlapMs);
}

async function note(
  run: RunningRun,
  worker: string,
  entityType: EntityType | null,
  { results, replaces = [], spent }: PageOutcome & { spent: Spent },
  cursor: { stage: number; position: unknown },
  isFinished: boolean,
): Promise<string | null> {
  const readAt = await callFunction(run.deps.db, "zoho_reconcile_note", {
    p_run: run.claimed.id,
    p_worker: worker,
    p_lease_seconds: leaseSeconds,
    ...(entityType === null ? {} : { p_entity_type: entityType }),
    p_results: results,
    p_cursor: cursor,
    p_spent: { ...spent },
    p_replaces: replaces,
    p_finished: isFinished,
  });
  return typeof readAt === "string" ? readAt : null;
}

/** Faults that waiting does not fix, so that repeating all night is useless. */
const finalDecisions = new Set(["fix_mapping", "ask_person"]);

async function release(run: RunningRun, worker: string, fault: unknown): Promise<void> {
  const { db, log } = run.deps;
  const code = fault === null ? null : faultCode(fault);
  await callFunction(db, "zoho_reconcile_release", {
    p_run: run.claimed.id,
    p_worker: worker,
    ...(code === null ? {} : {
      p_code: code,
      p_message: describeFault(fault),
      p_final: finalDecisions.has(rowOfFault(fault).decision),
    }),
  });
  if (isZohoFault(fault)) {
    log("warn", "the reconcile waits for Zoho", { run_id: run.claimed.id, fault: describeFault(fault) });
  }
}
