import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import { listParameters, numberCursor, queryOf } from "./validate.ts";

const parameters = z.strictObject({ ...listParameters, after: numberCursor });

/** GET /incidents: every pause of sending and how it ended, newest first. */
export async function incidents(call: AdminCall): Promise<Response> {
  const { after, limit } = queryOf(call, parameters);
  const rows = await callFunction(call.db, "zoho_admin_incidents", { p_after: after, p_limit: limit });
  return answer({ success: true, ...page(rows) });
}
