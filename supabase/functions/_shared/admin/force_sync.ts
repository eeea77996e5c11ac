import { liveDependencies } from "../app/dependencies.ts";
import { inBackground } from "../platform/background.ts";
import { answer } from "../platform/http.ts";
import { drainAndLog } from "../sync/drain.ts";
import { syncByHand } from "../sync/by_hand/operations.ts";
import type { Answered, ForceSyncAnswer } from "./answers.ts";
import { recordAction } from "./audit.ts";
import { oneEntity } from "./named_entities.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf, notFound } from "./validate.ts";

/** POST /force-sync: sends every field of one entity and waits for the end. A refusal by Zoho is a result. */
export async function forceSync(call: AdminCall): Promise<Response> {
  const { entityType, id } = bodyOf(call, oneEntity);
  await recordAction(call, "force sync", { entityType, id });
  const live = liveDependencies(call.db, call.settings, call.log);
  const asked = { entity: entityType, id, options: { forceSync: true } };
  const { status, result } = await syncByHand(live, asked);
  // A commit during this claim relied on its promise to look and did not ring.
  inBackground(drainAndLog(live, "after a forced sync"));
  if (status === 404) notFound(result.error ?? `There is no ${entityType} ${id}`, "id");
  return answer({ success: true, result } satisfies Answered<ForceSyncAnswer>);
}
