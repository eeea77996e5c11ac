import { z } from "zod";
import { callFunction } from "../../platform/database.ts";
import type { Spent } from "../../zoho/client.ts";
import { type Change, ended, type Settlement } from "../claim/change.ts";
import type { DrainSession } from "../drain_session.ts";
import type { WaveOutcome } from "./wave_outcome.ts";

const settleAnswer = z.object({
  settled: z.number(),
  again: z.number(),
  busy: z.array(z.string()),
  lost: z.number(),
  taken: z.number(),
  left: z.array(z.string()).default([]),
});

/**
 * Returns changes to the queue unchanged: those of a backfill beyond one wave, and those of a wave that cannot begin.
 * @param upkeep what the checks cost that such a wave failed in
 */
export async function releaseChanges(
  session: DrainSession,
  changes: Change[],
  upkeep: Spent = { credits: 0, calls: 0 },
): Promise<void> {
  if (changes.length === 0) return;
  await callFunction(session.deps.db, "zoho_settle_changes", {
    p_worker: session.worker,
    p_results: changes.map((change) => ended(change, "release")),
    ...(upkeep.calls > 0 ? { p_credits: [{ lane: 1, ...upkeep }] } : {}),
  });
}

/** What one settlement stores: a wave's outcome, and settlements that were busy before. */
interface StoredWave extends WaveOutcome {
  lane: number;
  busy: Settlement[];
  /** Spent on a drain's own checks; not part of a backfill's cost. */
  upkeep: Spent;
}

/** Stores a wave. @returns settlements whose rows a business transaction locks now, and what the wave cost */
export async function storeWave(
  session: DrainSession,
  wave: StoredWave,
): Promise<{ busy: Settlement[]; settled: number; spent: Spent }> {
  const { db, zoho, log } = session.deps;
  const spent = zoho.takeSpent();
  // A change whose lease ran out while its row was busy may have been claimed and worked again.
  const again = new Set(wave.settlements.map(({ entity_id }) => entity_id));
  const settlements = [...wave.busy.filter(({ entity_id }) => !again.has(entity_id)), ...wave.settlements];
  const answer = settleAnswer.parse(
    await callFunction(db, "zoho_settle_changes", {
      p_worker: session.worker,
      p_results: settlements,
      p_links: wave.links,
      p_asked: wave.asked,
      p_lacking: wave.lacking,
      p_accounts: wave.accounts,
      p_closed: session.takeClosed(),
      p_credits: [{ lane: wave.lane, ...spent }, { lane: 1, ...wave.upkeep }].filter(({ calls }) =>
        calls > 0
      ),
      p_gone: wave.gone,
    }),
  );
  if (answer.lost + answer.taken > 0) log("warn", "some changes were no longer leased to this drain", answer);
  const busy = settlements.filter(({ entity_id }) => answer.busy.includes(entity_id));
  return { busy, settled: answer.settled, spent };
}
