import { callFunction } from "../../platform/database.ts";
import { recordsPerCall } from "../../zoho/records.ts";
import { type DrainSession, leaseSeconds } from "../drain_session.ts";
import { claimAnswer } from "./change.ts";

/** The only entity to claim. */
export interface OnlyEntity {
  entityType: string;
  entityId: string;
}

/** Claims the next changes, along with pause, holds, revisions and identity. */
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
  // Also drops holds that a person has ended meanwhile.
  session.holds.clear();
  for (const hold of answer.holds) session.holds.set(hold.module, hold);
  session.leasesTaken();
  return answer;
}

/** Ends the drain's turn, so that the next one may claim at once. */
export async function endDrain(session: DrainSession): Promise<void> {
  await callFunction(session.deps.db, "zoho_end_drain", { p_worker: session.worker });
}
