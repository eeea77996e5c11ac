import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import type { AcknowledgeAnswer, Answered } from "./answers.ts";
import { recordAction } from "./audit.ts";
import { page } from "./page.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf, listParameters, numberCursor, queryOf } from "./validate.ts";

const parameters = z.strictObject({
  ...listParameters,
  after: numberCursor,
  state: z.enum(["open", "all"]).default("open"),
});

/** GET /notices: what a person should know and retries will not fix, newest first. */
export async function notices(call: AdminCall): Promise<Response> {
  const { state, after, limit } = queryOf(call, parameters);
  const rows = await callFunction(call.db, "zoho_admin_notices", {
    p_open_only: state === "open",
    p_after: after,
    p_limit: limit,
  });
  return answer({ success: true, ...page(rows) });
}

const someNotices = z.strictObject({ ids: z.array(z.string().regex(/^\d{1,18}$/)).min(1).max(1000) });

/** POST /notices/acknowledge: marks notices as read. */
export async function acknowledge(call: AdminCall): Promise<Response> {
  const { ids } = bodyOf(call, someNotices);
  await recordAction(call, "acknowledge", { notices: ids });
  const acknowledged = z.number().parse(
    await callFunction(call.db, "zoho_acknowledge_notices", { p_ids: ids.map(Number) }),
  );
  return answer({ success: true, acknowledged } satisfies Answered<AcknowledgeAnswer>);
}
