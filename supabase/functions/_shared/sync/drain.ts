import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { SECOND } from "../platform/duration.ts";
import { rowOfFault } from "../zoho/fault_row.ts";
import { describeFault, faultCode, ZohoTokenError } from "../zoho/faults.ts";
import { recordsPerCall } from "../zoho/records.ts";
import { attemptsPerRound } from "./backoff.ts";
import { type Change, claim, ended, type PauseInfo, type Settlement } from "./change.ts";
import { leaseSeconds, Run, type SyncDependencies } from "./run.ts";
import { type WaveOutcome, workWave } from "./wave.ts";
import { settleFailure } from "./verdict.ts";
import { aboutModule } from "./holds.ts";

interface DrainOptions {
  /** Works this one change only, and does not linger. */
  only?: { entityType: string; entityId: string };
  /** Tries of a call within this invocation, 1 to 3. */
  attempts?: number;
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
export async function drain(with_: SyncDependencies, options: DrainOptions = {}): Promise<DrainReport> {
  const run = new Run(with_, Math.min(Math.max(options.attempts ?? attemptsPerRound, 1), attemptsPerRound));
  const stopAtMs = with_.now() + (options.budgetMs ?? 100 * SECOND);
  // Beside the first claim, which it need not wait for.
  with_.fields.rules().catch(() => {});
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
    if (with_.now() > stopAtMs || report.claimed >= (options.mostChanges ?? mostChangesPerDrain)) {
      await endDrain(run);
      await callFunction(with_.db, "zoho_ring", {});
      return { ...report, state: "spent" };
    }
    const claimed = await claimWave(run, options, lane === backfillLane ? backfillWave : Infinity);
    if (claimed.paused) return { ...report, state: "paused", pause: claimed.paused };
    if (!claimed.acquired) return { ...report, state: "busy" };
    if (claimed.changes.length > 0) {
      const unready = await makeReady(run, claimed.was_paused && report.waves === 0);
      // What it looks after is no part of what a backfill costs.
      run.upkeep = with_.zoho.takeSpent();
      if (unready !== null) {
        await handBack(run, claimed.changes);
        return { ...report, state: "paused", pause: await pause(run, unready) };
      }
      lookUntilMs = null;
      busyTries = 0;
      lane = claimed.changes[0]?.lane ?? lane;
      const fault = await workByLane(run, claimed.changes, report);
      if (fault !== null) return { ...report, state: "paused", pause: await pause(run, fault) };
      if (options.linger) {
        await (claimed.changes.length > burst ? with_.sleep(gatherMs) : options.linger(lookEveryMs));
      }
      continue;
    }
    if (run.busy.length > 0 && busyTries < mostBusyTries) {
      await with_.sleep(firstBusyDelayMs * 2 ** busyTries++);
      await settle(run, noWave, report);
      continue;
    }
    // A commit may have trusted the last promise to look, and rung nothing.
    lookUntilMs ??= with_.now() + claimed.look_again_ms;
    const leftMs = Math.max(lookUntilMs - with_.now(), claimed.due_in_ms);
    if (options.only || leftMs <= 0) return report;
    await (options.linger ?? with_.sleep)(Math.min(lookEveryMs, leftMs));
  }
}

/** A drain in the background: its summary is one line, and nobody is left to hear its error. */
export async function drainAndLog(
  with_: SyncDependencies,
  reason: string,
  options: DrainOptions = {},
): Promise<void> {
  const startedAtMs = with_.now();
  try {
    const { state, claimed, ...counts } = await drain(with_, options);
    if (state === "finished" && claimed === 0) return;
    with_.log("info", `drain ${state}`, {
      reason,
      claimed,
      ...counts,
      duration_ms: Math.round(with_.now() - startedAtMs),
    });
  } catch (error) {
    with_.log("error", "the drain ended early; its leases run out and the sweep starts the next one", {
      reason,
      fault: describeFault(error),
    });
  }
}

/** What has to be made sure of before the first write of a wave, which may be an Account's; answers why it could not be. */
async function makeReady(run: Run, wasPaused: boolean): Promise<unknown> {
  // Zoho is asked before it gets 400 records: it may still be as it was when the pause began.
  if (wasPaused) {
    const { kind, fault } = await run.whileHeld(run.probes.ask("Deals"));
    if (kind === "silent") return fault;
  }
  try {
    // Before the fields: those of another org are not to be stored.
    await run.with_.gate.open();
    await readFieldsWhenDue(run);
    await aboutModule(run, "Deals", () => run.checkRevisions());
    return null;
  } catch (fault) {
    return fault;
  }
}

/** Reads the org's fields once an hour, before the first write of a drain. The changes it has claimed stay its own. */
async function readFieldsWhenDue(run: Run): Promise<void> {
  const { fields, zoho } = run.with_;
  if ((await fields.rules()).due) await run.whileHeld(fields.keep(zoho));
}

async function claimWave(run: Run, { only }: DrainOptions, most: number) {
  const { db, settings } = run.with_;
  const answer = claim.parse(
    await callFunction(db, "zoho_claim_changes", {
      p_worker: run.worker,
      p_limit: only ? 1 : Math.min(most, recordsPerCall * settings.concurrency),
      p_lease_seconds: leaseSeconds,
      p_project_url: settings.supabaseUrl,
      ...(only ? { p_entity_type: only.entityType, p_entity_id: only.entityId } : {}),
    }),
  );
  run.callsAtOnce = answer.concurrency;
  run.knows(answer.revisions ?? null);
  if (answer.identity) run.with_.gate.knows(answer.identity);
  // Also forgets those that a person has ended meanwhile.
  run.holds.clear();
  for (const hold of answer.holds) run.holds.set(hold.module, hold);
  run.leasesTaken();
  return answer;
}

/**
 * Live changes first and in a wave of their own, so that none of them waits for the backfill's calls and the ledger
 * knows what the backfill cost.
 */
async function workByLane(run: Run, changes: Change[], report: DrainReport): Promise<unknown> {
  const live = changes.filter(({ lane }) => lane < backfillLane);
  const backfill = changes.filter(({ lane }) => lane === backfillLane);
  await handBack(run, backfill.splice(backfillWave));
  const fault = live.length === 0 ? null : await workAndSettle(run, live, report);
  if (fault !== null) await handBack(run, backfill);
  else if (backfill.length > 0) return await workAndSettle(run, backfill, report);
  return fault;
}

async function workAndSettle(run: Run, changes: Change[], report: DrainReport): Promise<unknown> {
  const wave = markParts(run, changes, await workWave(run, changes));
  report.claimed += changes.length;
  report.waves += 1;
  await settle(run, { ...wave, lane: changes[0]?.lane ?? 1 }, report);
  return wave.fault;
}

/**
 * A change of which Zoho took a part is not done: what it refused, or has no place for, waits for a person or for time, and
 * is sent again with the next change.
 */
function markParts(run: Run, changes: Change[], outcome: WaveOutcome): WaveOutcome {
  if (run.parts.size === 0) return outcome;
  const byId = new Map(changes.map((change) => [change.entity_id, change]));
  const settlements = outcome.settlements.map((settlement): Settlement => {
    const change = byId.get(settlement.entity_id);
    const part = run.parts.get(settlement.entity_id);
    if (settlement.outcome !== "done" || !part || !change) return settlement;
    return { ...settlement, ...settleFailure(change, part, run.with_.random()), in_part: true };
  });
  run.parts.clear();
  return { ...outcome, settlements };
}

/** A claim does not know beforehand that it is of the backfill: what is too much for a wave waits. */
async function handBack(run: Run, changes: Change[]): Promise<void> {
  if (changes.length === 0) return;
  await callFunction(run.with_.db, "zoho_settle_changes", {
    p_worker: run.worker,
    p_results: changes.map((change) => ended(change, "release")),
  });
}

/** Stores what a wave learned, together with the settlements that were busy before. */
async function settle(
  run: Run,
  wave: Omit<WaveOutcome, "fault"> & { lane: number },
  report: DrainReport,
): Promise<void> {
  const { db, zoho, log } = run.with_;
  const spent = zoho.takeSpent();
  // One whose lease ran out while it was busy may have been claimed and worked again.
  const again = new Set(wave.settlements.map(({ entity_id }) => entity_id));
  const settlements = [...run.busy.filter(({ entity_id }) => !again.has(entity_id)), ...wave.settlements];
  const answer = settleAnswer.parse(
    await callFunction(db, "zoho_settle_changes", {
      p_worker: run.worker,
      p_results: settlements,
      p_links: wave.links,
      p_asked: wave.asked,
      p_lacking: wave.lacking,
      p_accounts: wave.accounts,
      p_closed: run.takeClosed(),
      p_credits: [{ lane: wave.lane, ...spent }, { lane: 1, ...run.takeUpkeep() }].filter(({ calls }) =>
        calls > 0
      ),
      p_gone: run.gone.splice(0),
    }),
  );
  run.busy = settlements.filter(({ entity_id }) => answer.busy.includes(entity_id));
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
async function pause(run: Run, fault: unknown): Promise<PauseInfo> {
  const { db, log } = run.with_;
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
  await endDrain(run);
  log("error", "the drain is paused", { code, message, until });
  return { until: until === "infinity" || until === null ? null : String(until), code, message };
}

async function endDrain(run: Run): Promise<void> {
  await callFunction(run.with_.db, "zoho_end_drain", { p_worker: run.worker });
}
