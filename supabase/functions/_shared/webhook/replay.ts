import { z } from "zod";
import { callFunction, type ServiceClient } from "../platform/database.ts";
import type { PreviewedChange } from "../sync/by_hand/previewed_change.ts";

/** One hint, or those of a range of time. */
export type ReplayRequest =
  & { dryRun: boolean }
  & ({ eventId: string } | { from: string; to: string; status?: string | undefined });

const marked = z.object({
  hints: z.number(),
  marked: z.number(),
  entities: z.array(z.object({ entity_type: z.string(), entity_id: z.string() })),
});
type Marked = z.infer<typeof marked>;

interface Replayed {
  /** Hints that were found. */
  hints: number;
  /** Entities that were marked with a look. */
  marked: number;
  /** Of a dry run: the outcome for each entity. */
  previews: PreviewedChange[];
  isComplete: boolean;
}

interface ReplayDependencies {
  db: ServiceClient;
  /** What the merge would do, with Zoho as it is now. */
  preview: (entities: Marked["entities"]) => Promise<PreviewedChange[]>;
}

/** Hints of one call. */
const mostHints = 5000;

/**
 * Marks the entities of stored hints with a look again. A dry run marks nothing: it reads the records and reports what the merge would
 * do. @throws DatabaseError, ZohoCallError, ZohoTokenError
 */
export async function replayEvents(
  { db, preview }: ReplayDependencies,
  asked: ReplayRequest,
): Promise<Replayed> {
  const { hints, marked: count, entities } = marked.parse(
    await callFunction(db, "zoho_mark_hints", {
      ...("eventId" in asked ? { p_ids: [asked.eventId] } : {
        p_from: asked.from,
        p_to: asked.to,
        ...(asked.status === undefined ? {} : { p_status: asked.status }),
      }),
      p_dry_run: asked.dryRun,
      p_limit: mostHints,
    }),
  );
  return {
    hints,
    marked: count,
    previews: asked.dryRun ? await preview(entities) : [],
    isComplete: hints < mostHints,
  };
}
