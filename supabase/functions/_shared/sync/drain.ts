import { callFunction } from "../platform/database.ts";
import { SECOND } from "../platform/duration.ts";
import type { Spent } from "../zoho/client.ts";
import { describeFault } from "../zoho/faults.ts";
import { mostTriesPerCall } from "./attempts/backoff.ts";
import { makeReady } from "./attempts/make_ready.ts";
import type { Change, PauseInfo, Settlement } from "./claim/change.ts";
import { claimWave, endDrain, type OnlyEntity } from "./claim/claim_wave.ts";
import { DrainSession, type SyncDependencies } from "./drain_session.ts";
import { pauseDrain } from "./settle/pause.ts";
import { releaseChanges, storeWave } from "./settle/store_wave.ts";
import { emptyOutcome, markParts } from "./settle/wave_outcome.ts";
import { workWave } from "./wave.ts";

interface DrainOptions {
  /** Works only this change, and does not linger. */
  only?: OnlyEntity;
  /** Tries of a call within this invocation, 1 to 3. */
  triesPerCall?: number;
  /** Changes after which no further wave is claimed: the platform allows a request 2 s of processor time. */
  mostChanges?: number;
  /** Milliseconds after which no further wave is claimed; the platform ends an isolate at 150 s. */
  budgetMs?: number;
  /**
   * Waits before another look at the queue, also after a wave; ends early when a drain is requested. Drains for hints use it: the
   * answers to Zoho go first, and a burst is looked at together.
   */
  linger?: (ms: number) => Promise<void>;
}

export interface DrainReport {
  /** finished: the queue is empty; busy: another drain is active; paused: see `pause`; spent: a limit of this call is reached */
  state: "finished" | "busy" | "paused" | "spent";
  claimed: number;
  settled: number;
  waves: number;
  calls: number;
  credits: number;
  pause: PauseInfo | null;
}

/**
 * A row that a business transaction locks at the moment of settling is tried again after 10, 20 … 640 ms; one that
 * is locked longer waits for its lease to run out.
 */
const firstBusyDelayMs = 10;
const mostBusyTries = 7;
/**
 * After a wave of more hints than this, the drain lets the next ones gather, for less than a promise lasts: 4,000 webhooks were
 * processed at 250 a second with it, at 200 without (deno task bench --only inward).
 */
const burst = 4;
const gatherMs = 120;
/** How often a drain looks again at an empty queue while its promise to look holds: the delay of a late edit. */
const lookEveryMs = 40;
/**
 * 1,000 changed contracts take about 60 ms of processor time (deno task bench: CPU per 1,000 records), so 10,000 are a
 * third of the platform's 2 s; the next drain goes on where this one stopped.
 */
const mostChangesPerDrain = 10_000;

/**
 * Changes of one backfill wave. A live change that is committed meanwhile waits for the wave's end: beside 10,000
 * contracts with a Zoho of 100 ms, a tenth of their companies and customers new, the p95 of live edits was 1.2 s
 * (deno task bench --only backfill).
 */
const backfillWave = 200;
const backfillLane = 2;
const nothingSpent: Spent = { credits: 0, calls: 0 };

/**
 * Works the queue until it is empty: claim → project → diff → write → settle, again and again. One drain is active
 * at a time; one that finds another active returns at once, since the other looks again before it ends.
 */
export async function drain(deps: SyncDependencies, options: DrainOptions = {}): Promise<DrainReport> {
  const session = new DrainSession(
    deps,
    Math.min(Math.max(options.triesPerCall ?? mostTriesPerCall, 1), mostTriesPerCall),
  );
  const stopAtMs = deps.now() + (options.budgetMs ?? 100 * SECOND);
  // In parallel with the first claim.
  deps.fields.rules().catch(() => {});
  const report: DrainReport = {
    state: "finished",
    claimed: 0,
    settled: 0,
    waves: 0,
    calls: 0,
    credits: 0,
    pause: null,
  };
  let busy: Settlement[] = [];
  let busyTries = 0;
  // Consecutive claims are mostly of the same lane.
  let lane = 0;
  for (;;) {
    if (deps.now() > stopAtMs || report.claimed >= (options.mostChanges ?? mostChangesPerDrain)) {
      await endDrain(session);
      await callFunction(deps.db, "zoho_ring", {});
      return { ...report, state: "spent" };
    }
    const claimed = await claimWave(session, options.only, lane === backfillLane ? backfillWave : Infinity);
    if (claimed.paused) return { ...report, state: "paused", pause: claimed.paused };
    if (!claimed.acquired) return { ...report, state: "busy" };
    if (claimed.changes.length > 0) {
      const unready = await makeReady(session, claimed.was_paused && report.waves === 0);
      const upkeep = deps.zoho.takeSpent();
      if (unready !== null) {
        await releaseChanges(session, claimed.changes, upkeep);
        report.calls += upkeep.calls;
        report.credits += upkeep.credits;
        return { ...report, state: "paused", pause: await pauseDrain(session, unready) };
      }
      busyTries = 0;
      lane = claimed.changes[0]?.lane ?? lane;
      const worked = await workByLane(session, claimed.changes, { busy, upkeep }, report);
      if (worked.fault !== null) {
        return { ...report, state: "paused", pause: await pauseDrain(session, worked.fault) };
      }
      busy = worked.busy;
      if (options.linger) {
        await (claimed.changes.length > burst ? deps.sleep(gatherMs) : options.linger(lookEveryMs));
      }
      continue;
    }
    if (busy.length > 0 && busyTries < mostBusyTries) {
      await deps.sleep(firstBusyDelayMs * 2 ** busyTries++);
      const nothing = { ...emptyOutcome(), lane: 1, busy, upkeep: nothingSpent };
      busy = add(report, await storeWave(session, nothing));
      continue;
    }
    // A commit may rely on the last promise to look, and not ring the doorbell.
    const leftMs = Math.max(claimed.look_again_ms, claimed.due_in_ms);
    if (options.only || leftMs <= 0) return report;
    await (options.linger ?? deps.sleep)(Math.min(lookEveryMs, leftMs));
  }
}

/** A drain in the background: logs one line, or its error, since no caller is waiting. */
export async function drainAndLog(
  deps: SyncDependencies,
  reason: string,
  options: DrainOptions = {},
): Promise<void> {
  const startedAtMs = deps.now();
  try {
    const { state, claimed, ...counts } = await drain(deps, options);
    if (state === "finished" && claimed === 0) return;
    deps.log("info", `drain ${state}`, {
      reason,
      claimed,
      ...counts,
      duration_ms: Math.round(deps.now() - startedAtMs),
    });
  } catch (error) {
    deps.log("error", "the drain ended early; its leases run out and the sweep starts the next one", {
      reason,
      fault: describeFault(error),
    });
  }
}

/** What remains to be stored with the next wave. */
interface Unstored {
  busy: Settlement[];
  upkeep: Spent;
}

/**
 * Works live changes first and in a wave of their own, so that they do not wait for the backfill's calls and the ledger
 * knows what the backfill cost. A claim cannot choose its lane in advance: what exceeds a wave of the
 * backfill is released.
 */
async function workByLane(
  session: DrainSession,
  changes: Change[],
  unstored: Unstored,
  report: DrainReport,
): Promise<{ busy: Settlement[]; fault: unknown }> {
  const live = changes.filter(({ lane }) => lane < backfillLane);
  const backfill = changes.filter(({ lane }) => lane === backfillLane);
  await releaseChanges(session, backfill.splice(backfillWave));
  if (live.length === 0) return await workAndStore(session, backfill, unstored, report);
  const first = await workAndStore(session, live, unstored, report);
  if (backfill.length === 0) return first;
  if (first.fault === null) {
    return await workAndStore(session, backfill, { busy: first.busy, upkeep: nothingSpent }, report);
  }
  await releaseChanges(session, backfill);
  return first;
}

async function workAndStore(
  session: DrainSession,
  changes: Change[],
  unstored: Unstored,
  report: DrainReport,
): Promise<{ busy: Settlement[]; fault: unknown }> {
  const wave = markParts(session, changes, await workWave(session, changes));
  report.claimed += changes.length;
  report.waves += 1;
  const stored = await storeWave(session, { ...wave, lane: changes[0]?.lane ?? 1, ...unstored });
  return { busy: add(report, stored), fault: wave.fault };
}

/** Adds what was stored to the report; returns what was busy. */
function add(report: DrainReport, { busy, settled, spent }: Awaited<ReturnType<typeof storeWave>>) {
  report.settled += settled;
  report.calls += spent.calls;
  report.credits += spent.credits;
  return busy;
}
