import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { csvResponse } from "./list_csv.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import { filterParameters, listParameters, momentCursor, queryOf } from "./validate.ts";

const filters = {
  ...filterParameters,
  /** "unsuccessful": what the overview counts as failed, whether it was tried again or not. */
  status: z.enum(["pending", "success", "failed", "retrying", "unsuccessful"]).optional(),
};
const parameters = z.strictObject({ ...listParameters, after: momentCursor, ...filters });

type Filters = z.infer<z.ZodObject<typeof filters>>;

function readAttempts(call: AdminCall, asked: Filters, after: string | undefined, limit: number) {
  return callFunction(call.db, "zoho_admin_attempts", {
    p_status: asked.status,
    p_from: asked.from,
    p_to: asked.to,
    p_text: asked.text,
    p_after: after,
    p_limit: limit,
  });
}

/** GET /attempts: what was tried, newest first. */
export async function attempts(call: AdminCall): Promise<Response> {
  const { after, limit, ...asked } = queryOf(call, parameters);
  return answer({ success: true, ...page(await readAttempts(call, asked, after, limit)) });
}

const columns = [
  "at",
  "entityType",
  "number",
  "entityId",
  "zohoType",
  "zohoId",
  "status",
  "tryNumber",
  "code",
  "message",
  "cause",
  "durationMs",
] as const;

/** GET /attempts.csv: the same list as a file. */
export function exportAttempts(call: AdminCall): Promise<Response> {
  const asked = queryOf(call, z.strictObject(filters));
  return csvResponse("attempts.csv", columns, (after, limit) => readAttempts(call, asked, after, limit));
}
