import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import type { AdminCall } from "./router.ts";
import { listParameters, queryOf } from "./validate.ts";

const found = z.object({ drains: z.array(z.unknown()), longRuns: z.array(z.unknown()) });

/** GET /runs: the drains of the last 2,000 attempts, and the newest backfills and reconciliations. */
export async function runs(call: AdminCall): Promise<Response> {
  const { limit } = queryOf(call, z.strictObject({ limit: listParameters.limit }));
  const rows = found.parse(await callFunction(call.db, "zoho_admin_runs", { p_limit: limit }));
  return answer({ success: true, ...rows });
}
