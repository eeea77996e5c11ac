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

/** Gives changes back as they were: those of a backfill that are too many for a wave, those of a wave that cannot begin. */
export async function releaseChanges(session: DrainSession, changes: Change[]): Promise<void> {
  if (changes.length === 0) return;
  await callFunction(session.deps.db, "zoho_settle_changes", {
    p_worker: session.worker,
    p_results: changes.map((change) => ended(change, "release")),
  });
}

/** What is stored at once: a wave, and the settlements that were busy before. */
interface StoredWave extends WaveOutcome {
  lane: number;
  busy: Settlement[];
  /** Spent on what every drain has to make sure of: no part of what a backfill costs. */
  upkeep: Spent;
}

/** @returns the settlements whose rows a business transaction holds now, and what the wave cost */
export async function storeWave(
  session: DrainSession,
  wave: StoredWave,
): Promise<{ busy: Settlement[]; settled: number; spent: Spent }> {
  const { db, zoho, log } = session.deps;
  const spent = zoho.takeSpent();
  // One whose lease ran out while it was busy may have been claimed and worked again.
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
  if (answer.lost + answer.taken > 0) log("warn", "some changes were not ours to settle", answer);
  const busy = settlements.filter(({ entity_id }) => answer.busy.includes(entity_id));
  return { busy, settled: answer.settled, spent };
}
