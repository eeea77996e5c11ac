import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import { listParameters, momentCursor, queryOf } from "./validate.ts";

const parameters = z.strictObject({
  ...listParameters,
  after: momentCursor,
  lane: z.enum(["0", "1", "2"]).transform(Number).optional(),
  status: z.enum(["pending", "in_flight", "dead"]).optional(),
});

/** GET /queue: what waits or failed, oldest first. */
export async function queue(call: AdminCall): Promise<Response> {
  const { lane, status, after, limit } = queryOf(call, parameters);
  const rows = await callFunction(call.db, "zoho_admin_queue", {
    p_lane: lane,
    p_status: status,
    p_after: after,
    p_limit: limit,
  });
  return answer({ success: true, ...page(rows) });
}
