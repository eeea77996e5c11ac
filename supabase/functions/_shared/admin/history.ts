import { z } from "zod";
import { entityTypes } from "../mapping/types.ts";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import { listParameters, queryOf } from "./validate.ts";

const parameters = z.strictObject({
  ...listParameters,
  after: z.string().regex(/^\d{1,17}\.[a-z][0-9a-z-]{1,40}$/).optional(),
  entityType: z.enum(entityTypes),
  id: z.guid(),
});

/** GET /history: attempts, events, notices and acts of one entity, newest first. */
export async function history(call: AdminCall): Promise<Response> {
  const { entityType, id, after, limit } = queryOf(call, parameters);
  const rows = await callFunction(call.db, "zoho_admin_history", {
    p_entity_type: entityType,
    p_entity_id: id,
    p_after: after,
    p_limit: limit,
  });
  return answer({ success: true, ...page(rows) });
}
