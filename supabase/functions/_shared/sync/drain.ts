import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { SECOND } from "../platform/duration.ts";
import { rowOfFault } from "../zoho/fault_row.ts";
import { describeFault, faultCode, ZohoTokenError } from "../zoho/faults.ts";
import { recordsPerCall } from "../zoho/records.ts";
import { mostTriesPerCall } from "./attempts/backoff.ts";
import { type Change, claimAnswer, ended, type PauseInfo, type Settlement } from "./claim/change.ts";
import { DrainSession, leaseSeconds, type SyncDependencies } from "./drain_session.ts";
import { type WaveOutcome, workWave } from "./wave.ts";
import { settleFailure } from "./settle/failure_policy.ts";
import { aboutModule } from "./attempts/holds.ts";

interface DrainOptions {
  /** Works this one change only, and does not linger. */
  only?: { entityType: string; entityId: string };
  /** Tries of a call within this invocation, 1 to 3. */
  triesPerCall?: number;
  /** Changes after which no further wave is claimed: the platform allows a request 2 s of processor time. */
  mostChanges?: number;
  /** Milliseconds after which no further wave is claimed; the platform ends an isolate at 150 s. */
  budgetMs?: number;
  /**
   * Waits before another look, also after a wave, and ends early when somebody asks. A drain for hints from Zoho has it: the
   * answers to Zoho come first, and a burst is looked at together.
   */
  linger?: (ms: number) => Promise<void>;
}

export interface DrainReport {
  /** finished: the queue was empty; busy: another drain is at it; paused and spent say so themselves */
  state: "finished" | "busy" | "paused" | "spent";
  claimed: number;
  settled: number;
  waves: number;
  calls: number;
  credits: number;
  pause: PauseInfo | null;
}

const settleAnswer = z.object({
  settled: z.number(),
  again: z.number(),
  busy: z.array(z.string()),
  lost: z.number(),
  taken: z.number(),
  left: z.array(z.string()).default([]),
});

/**
 * A row that a business transaction holds at the moment of settling is tried again after 10, 20 … 640 ms; one that
 * is held longer is left to its lease.
 */
const firstBusyDelayMs = 10;
const mostBusyTries = 7;
/**
 * After a wave of more hints than this, the next ones gather for a while, less than a promise lasts: 4,000 webhooks were
 * taken at 250 a second then, at 200 without (deno task bench --only inward).
 */
const burst = 4;
const gatherMs = 120;
/** How often a drain that found the queue empty looks again while a promise holds: the wait of a late edit. */
const lookEveryMs = 40;
/**
 * 1,000 changed contracts take about 60 ms of processor time (deno task bench: CPU per 1,000 records), so 10,000 are a
 * third of the platform's 2 s; the next drain goes on where this one stopped.
 */
const mostChangesPerDrain = 10_000;
const noWave = { settlements: [], accounts: [], links: [], asked: [], lacking: [], lane: 1 };

/**
 * Changes of one backfill wave. A live change that is committed meanwhile waits for the wave's end: beside 10,000
 * contracts with a Zoho of 100 ms, a tenth of their companies and customers new, the p95 of live edits was 1.2 s
 * (deno task bench --only backfill).
 */
const backfillWave = 200;
const backfillLane = 2;

/**
 * Works the queue until it is empty: claim → project → diff → write → settle, again and again. One drain is active
 * at a time; one that finds another at work leaves at once, since the other looks again before it ends.
 */
export async function drain(deps: SyncDependencies, options: DrainOptions = {}): Promise<DrainReport> {
  const session = new DrainSession(
    deps,
    Math.min(Math.max(options.triesPerCall ?? mostTriesPerCall, 1), mostTriesPerCall),
  );
  const stopAtMs = deps.now() + (options.budgetMs ?? 100 * SECOND);
  // Beside the first claim, which it need not wait for.
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
  let lookUntilMs: number | null = null;
  let busyTries = 0;
  // A claim is mostly of one kind, and the next one of the same.
  let lane = 0;
  for (;;) {
    if (deps.now() > stopAtMs || report.claimed >= (options.mostChanges ?? mostChangesPerDrain)) {
      await endDrain(session);
      await callFunction(deps.db, "zoho_ring", {});
      return { ...report, state: "spent" };
    }
    const claimed = await claimWave(session, options, lane === backfillLane ? backfillWave : Infinity);
    if (claimed.paused) return { ...report, state: "paused", pause: claimed.paused };
    if (!claimed.acquired) return { ...report, state: "busy" };
    if (claimed.changes.length > 0) {
      const unready = await makeReady(session, claimed.was_paused && report.waves === 0);
      // What it looks after is no part of what a backfill costs.
      session.upkeep = deps.zoho.takeSpent();
      if (unready !== null) {
        await releaseChanges(session, claimed.changes);
        return { ...report, state: "paused", pause: await pause(session, unready) };
      }
      lookUntilMs = null;
      busyTries = 0;
      lane = claimed.changes[0]?.lane ?? lane;
      const fault = await workByLane(session, claimed.changes, report);
      if (fault !== null) return { ...report, state: "paused", pause: await pause(session, fault) };
      if (options.linger) {
        await (claimed.changes.length > burst ? deps.sleep(gatherMs) : options.linger(lookEveryMs));
      }
      continue;
    }
    if (session.busy.length > 0 && busyTries < mostBusyTries) {
      await deps.sleep(firstBusyDelayMs * 2 ** busyTries++);
      await settle(session, noWave, report);
      continue;
    }
    // A commit may have trusted the last promise to look, and rung nothing.
    lookUntilMs ??= deps.now() + claimed.look_again_ms;
    const leftMs = Math.max(lookUntilMs - deps.now(), claimed.due_in_ms);
    if (options.only || leftMs <= 0) return report;
    await (options.linger ?? deps.sleep)(Math.min(lookEveryMs, leftMs));
  }
}

/** A drain in the background: its summary is one line, and nobody is left to hear its error. */
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

/** What has to be made sure of before the first write of a wave, which may be an Account's; answers why it could not be. */
async function makeReady(session: DrainSession, wasPaused: boolean): Promise<unknown> {
  // Zoho is asked before it gets 400 records: it may still be as it was when the pause began.
  if (wasPaused) {
    const { kind, fault } = await session.whileHeld(session.probes.ask("Deals"));
    if (kind === "silent") return fault;
  }
  try {
    // Before the fields: those of another org are not to be stored.
    await session.deps.gate.open();
    await readFieldsWhenDue(session);
    await aboutModule(session, "Deals", () => session.checkRevisions());
    return null;
  } catch (fault) {
    return fault;
  }
}

/** Reads the org's fields once an hour, before the first write of a drain. The changes it has claimed stay its own. */
async function readFieldsWhenDue(session: DrainSession): Promise<void> {
  const { fields, zoho } = session.deps;
  if ((await fields.rules()).due) await session.whileHeld(fields.keep(zoho));
}

async function claimWave(session: DrainSession, { only }: DrainOptions, most: number) {
  const { db, settings } = session.deps;
  const answer = claimAnswer.parse(
    await callFunction(db, "zoho_claim_changes", {
      p_worker: session.worker,
      p_limit: only ? 1 : Math.min(most, recordsPerCall * settings.concurrency),
      p_lease_seconds: leaseSeconds,
      p_project_url: settings.supabaseUrl,
      ...(only ? { p_entity_type: only.entityType, p_entity_id: only.entityId } : {}),
    }),
  );
  session.callsAtOnce = answer.concurrency;
  session.knows(answer.revisions ?? null);
  if (answer.identity) session.deps.gate.knows(answer.identity);
  // Also forgets those that a person has ended meanwhile.
  session.holds.clear();
  for (const hold of answer.holds) session.holds.set(hold.module, hold);
  session.leasesTaken();
  return answer;
}

/**
 * Live changes first and in a wave of their own, so that none of them waits for the backfill's calls and the ledger
 * knows what the backfill cost.
 */
async function workByLane(session: DrainSession, changes: Change[], report: DrainReport): Promise<unknown> {
  const live = changes.filter(({ lane }) => lane < backfillLane);
  const backfill = changes.filter(({ lane }) => lane === backfillLane);
  await releaseChanges(session, backfill.splice(backfillWave));
  const fault = live.length === 0 ? null : await workAndSettle(session, live, report);
  if (fault !== null) await releaseChanges(session, backfill);
  else if (backfill.length > 0) return await workAndSettle(session, backfill, report);
  return fault;
}

async function workAndSettle(
  session: DrainSession,
  changes: Change[],
  report: DrainReport,
): Promise<unknown> {
  const wave = markParts(session, changes, await workWave(session, changes));
  report.claimed += changes.length;
  report.waves += 1;
  await settle(session, { ...wave, lane: changes[0]?.lane ?? 1 }, report);
  return wave.fault;
}

/**
 * A change of which Zoho took a part is not done: what it refused, or has no place for, waits for a person or for time, and
 * is sent again with the next change.
 */
function markParts(session: DrainSession, changes: Change[], outcome: WaveOutcome): WaveOutcome {
  if (session.parts.size === 0) return outcome;
  const byId = new Map(changes.map((change) => [change.entity_id, change]));
  const settlements = outcome.settlements.map((settlement): Settlement => {
    const change = byId.get(settlement.entity_id);
    const part = session.parts.get(settlement.entity_id);
    if (settlement.outcome !== "done" || !part || !change) return settlement;
    return { ...settlement, ...settleFailure(change, part, session.deps.random()), in_part: true };
  });
  session.parts.clear();
  return { ...outcome, settlements };
}

/** A claim does not know beforehand that it is of the backfill: what is too much for a wave waits. */
async function releaseChanges(session: DrainSession, changes: Change[]): Promise<void> {
  if (changes.length === 0) return;
  await callFunction(session.deps.db, "zoho_settle_changes", {
    p_worker: session.worker,
    p_results: changes.map((change) => ended(change, "release")),
  });
}

/** Stores what a wave learned, together with the settlements that were busy before. */
async function settle(
  session: DrainSession,
  wave: Omit<WaveOutcome, "fault"> & { lane: number },
  report: DrainReport,
): Promise<void> {
  const { db, zoho, log } = session.deps;
  const spent = zoho.takeSpent();
  // One whose lease ran out while it was busy may have been claimed and worked again.
  const again = new Set(wave.settlements.map(({ entity_id }) => entity_id));
  const settlements = [...session.busy.filter(({ entity_id }) => !again.has(entity_id)), ...wave.settlements];
  const answer = settleAnswer.parse(
    await callFunction(db, "zoho_settle_changes", {
      p_worker: session.worker,
      p_results: settlements,
      p_links: wave.links,
      p_asked: wave.asked,
      p_lacking: wave.lacking,
      p_accounts: wave.accounts,
      p_closed: session.takeClosed(),
      p_credits: [{ lane: wave.lane, ...spent }, { lane: 1, ...session.takeUpkeep() }].filter(({ calls }) =>
        calls > 0
      ),
      p_gone: session.gone.splice(0),
    }),
  );
  session.busy = settlements.filter(({ entity_id }) => answer.busy.includes(entity_id));
  report.settled += answer.settled;
  report.calls += spent.calls;
  report.credits += spent.credits;
  if (answer.lost + answer.taken > 0) log("warn", "some changes were not ours to settle", answer);
}

/** Faults that only a person can end: the drain waits for the mended token or key, not for the clock. */
const waitsForPerson = new Set(["TOKEN_REFUSED", "SECRET_UNREADABLE", "UNKNOWN_WRITES", "WRONG_ORG"]);

/**
 * Pauses everybody after a fault of a whole call. One that ends by itself is paused for half a minute, then longer;
 * one that a person has to mend waits for the person.
 */
async function pause(session: DrainSession, fault: unknown): Promise<PauseInfo> {
  const { db, log } = session.deps;
  const code = faultCode(fault);
  const seconds = fault instanceof ZohoTokenError ? fault.retryInSeconds : null;
  const { advice } = rowOfFault(fault);
  const message = `${describeFault(fault)}. ${advice}`;
  const until = await callFunction(db, "zoho_pause", {
    p_code: code,
    p_message: message,
    ...(seconds === null ? {} : { p_seconds: seconds }),
    p_until_resumed: waitsForPerson.has(code),
  });
  await endDrain(session);
  log("error", "the drain is paused", { code, message, until });
  return { until: until === "infinity" || until === null ? null : String(until), code, message };
}

async function endDrain(session: DrainSession): Promise<void> {
  await callFunction(session.deps.db, "zoho_end_drain", { p_worker: session.worker });
}
