import { listRecordsByIds } from "../zoho/list.ts";
import { attemptRead } from "./attempts.ts";
import type { ContractChange } from "./change.ts";
import type { Run } from "./run.ts";

export interface LearnedStage {
  stage: string;
  modifiedAt: string | null;
}

/**
 * Reads the stage of Deals that exist and whose stage we do not know: one of the original service's, or one that a
 * seller moved in the very second of another move or of ours. Pushing ours unseen could undo a seller's move.
 *
 * @returns stage by Zoho id; Deals that are gone are left out
 * @throws ZohoCallError, ZohoTokenError
 */
export async function learnStages(run: Run, contracts: ContractChange[]): Promise<Map<string, LearnedStage>> {
  const ids = contracts.flatMap(({ change, source }) => {
    const id = change.mapping?.zoho_id ?? source.contract.zoho_deal_id;
    return id === null || typeof change.mapping?.snapshot.Stage === "string" ? [] : [id];
  });
  if (ids.length === 0) return new Map();
  const fields = ["Stage", "Modified_Time"];
  const deals = await attemptRead(run, () => listRecordsByIds(run.with_.zoho, "Deals", ids, fields));
  const learned = new Map<string, LearnedStage>();
  for (const { id, Stage: stage, Modified_Time: modifiedAt } of deals) {
    if (typeof stage !== "string") continue;
    learned.set(id, { stage, modifiedAt: typeof modifiedAt === "string" ? modifiedAt : null });
  }
  return learned;
}
