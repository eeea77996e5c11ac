import { callFunction } from "../../platform/database.ts";
import { recordsPerCall } from "../../zoho/records.ts";
import { type DrainSession, leaseSeconds } from "../drain_session.ts";
import { claimAnswer } from "./change.ts";

/** One entity, and no other. */
export interface OnlyEntity {
  entityType: string;
  entityId: string;
}

/** Takes the next changes, and what the database knows beside them: pause, holds, revisions, identity. */
export async function claimWave(session: DrainSession, only: OnlyEntity | undefined, most: number) {
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

/** Gives up the drain's turn: the next one may claim at once. */
export async function endDrain(session: DrainSession): Promise<void> {
  await callFunction(session.deps.db, "zoho_end_drain", { p_worker: session.worker });
}
