import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import { eventStatuses, listParameters, notFound, numberCursor, queryOf } from "./validate.ts";

const moment = z.iso.datetime({ offset: true });

const parameters = z.strictObject({
  ...listParameters,
  after: numberCursor,
  status: z.enum(eventStatuses).optional(),
  module: z.string().min(1).max(50).optional(),
  from: moment.optional(),
  to: moment.optional(),
});

/** GET /events: what came from Zoho, newest first. */
export async function events(call: AdminCall): Promise<Response> {
  const { status, module, from, to, after, limit } = queryOf(call, parameters);
  const rows = await callFunction(call.db, "zoho_admin_events", {
    p_status: status,
    p_module: module,
    p_from: from,
    p_to: to,
    p_after: after,
    p_limit: limit,
  });
  return answer({ success: true, ...page(rows) });
}

/** GET /event: one of them with the values that Zoho told. */
export async function event(call: AdminCall): Promise<Response> {
  const { id } = queryOf(call, z.strictObject({ id: z.guid() }));
  const found = await callFunction(call.db, "zoho_admin_event", { p_id: id });
  return found === null ? notFound(`There is no event ${id}`, "id") : answer({ success: true, event: found });
}
