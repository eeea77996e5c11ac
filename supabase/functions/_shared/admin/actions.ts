import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import { listParameters, numberCursor, queryOf } from "./validate.ts";

const parameters = z.strictObject({
  ...listParameters,
  after: numberCursor,
  actor: z.string().max(60).optional(),
  action: z.string().max(60).optional(),
});

/** GET /actions: the operators' acts, newest first. */
export async function actions(call: AdminCall): Promise<Response> {
  const { actor, action, after, limit } = queryOf(call, parameters);
  const rows = await callFunction(call.db, "zoho_admin_actions_page", {
    p_actor: actor,
    p_action: action,
    p_after: after,
    p_limit: limit,
  });
  return answer({ success: true, ...page(rows) });
}
