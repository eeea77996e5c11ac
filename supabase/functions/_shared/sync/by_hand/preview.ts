import { z } from "zod";
import { inChunks } from "../../platform/chunks.ts";
import { change } from "../claim/change.ts";
import type { SyncDependencies } from "../drain_session.ts";
import { mostTriesPerCall } from "../attempts/backoff.ts";
import { DryRun, DryRunZoho } from "./dry_run.ts";
import type { PreviewedChange } from "./previewed_change.ts";
import { kinds } from "../claim/kinds.ts";
import { workWave } from "../wave.ts";

/** Entities of one page: one list call of Deals. */
const mostAtOnce = 100;

/**
 * Reads records and merges, and writes nothing. @throws DatabaseError, ZohoCallError, ZohoTokenError
 */
export async function previewChanges(
  deps: SyncDependencies,
  entities: { entity_type: string; entity_id: string }[],
): Promise<PreviewedChange[]> {
  const previews: PreviewedChange[] = [];
  for (const some of inChunks(entities, mostAtOnce)) {
    const zoho = new DryRunZoho(deps.zoho, kinds.contract);
    const session = new DryRun({ ...deps, zoho }, mostTriesPerCall, { products: new Map() });
    const changes = z.array(change).parse(
      await session.call("zoho_peek_changes", { p_entities: some }),
    );
    const { settlements, fault } = await workWave(session, changes);
    if (fault !== null) throw fault;
    previews.push(
      ...settlements.map(({ entity_type, entity_id, outcome, error, seen, take_in, questions }) => ({
        entityType: entity_type,
        entityId: entity_id,
        outcome: error?.code ?? seen?.outcome ?? outcome,
        reason: error?.message ?? seen?.reason ?? null,
        takeIn: take_in?.status ?? null,
        questions: (questions ?? []).map(({ kind }) => kind),
      })),
    );
  }
  return previews;
}
