import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { csvResponse } from "./list_csv.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import {
  eventStatuses,
  filterParameters,
  listParameters,
  notFound,
  numberCursor,
  queryOf,
} from "./validate.ts";

const filters = {
  ...filterParameters,
  status: z.enum(eventStatuses).optional(),
  module: z.string().min(1).max(50).optional(),
  nothingNew: z.enum(["true", "false"]).default("false"),
};
const parameters = z.strictObject({ ...listParameters, after: numberCursor, ...filters });

type Filters = z.infer<z.ZodObject<typeof filters>>;

function readEvents(call: AdminCall, asked: Filters, after: number | undefined, limit: number) {
  return callFunction(call.db, "zoho_admin_events", {
    p_status: asked.status,
    p_module: asked.module,
    p_from: asked.from,
    p_to: asked.to,
    p_text: asked.text,
    p_nothing_new: asked.nothingNew === "true",
    p_after: after,
    p_limit: limit,
  });
}

/** GET /events: hints from Zoho, newest first; those with nothing new only on request. */
export async function events(call: AdminCall): Promise<Response> {
  const { after, limit, ...asked } = queryOf(call, parameters);
  return answer({ success: true, ...page(await readEvents(call, asked, after, limit)) });
}

const columns = [
  "receivedAt",
  "source",
  "module",
  "operation",
  "recordId",
  "status",
  "reason",
  "appliedAt",
  "modifiedAt",
  "modifiedBy",
  "entityType",
  "number",
  "entityId",
] as const;

/** GET /events.csv: the same list as a file. */
export function exportEvents(call: AdminCall): Promise<Response> {
  const asked = queryOf(call, z.strictObject(filters));
  return csvResponse(
    "events.csv",
    columns,
    (after, limit) => readEvents(call, asked, after === undefined ? undefined : Number(after), limit),
  );
}

/** GET /event: one hint with the values it contained. */
export async function event(call: AdminCall): Promise<Response> {
  const { id } = queryOf(call, z.strictObject({ id: z.guid() }));
  const found = await callFunction(call.db, "zoho_admin_event", { p_id: id });
  return found === null ? notFound(`There is no event ${id}`, "id") : answer({ success: true, event: found });
}
