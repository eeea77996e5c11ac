import { z } from "zod";
import { answer } from "../platform/http.ts";
import { liveDependencies } from "../sync/dependencies.ts";
import { syncByHand } from "../sync/operations.ts";
import type { Answered, ForceSyncAnswer } from "./answers.ts";
import { recordAction } from "./actions.ts";
import { bodyOf, notFound } from "./asked.ts";
import type { AdminCall } from "./router.ts";

const oneEntity = z.strictObject({ entityType: z.enum(["contract"]), id: z.guid() });

/** POST /force-sync: sends every field of one entity and waits for the end. A refusal by Zoho is a result. */
export async function forceSync(call: AdminCall): Promise<Response> {
  const { entityType, id } = bodyOf(call, oneEntity);
  await recordAction(call, "force sync", { entityType, id });
  const { status, result } = await syncByHand(liveDependencies(call.db, call.settings, call.log), {
    entity: entityType,
    id,
    options: { forceSync: true },
  });
  if (status === 404) notFound(result.error ?? `There is no ${entityType} ${id}`, "id");
  return answer({ success: true, result } satisfies Answered<ForceSyncAnswer>);
}
