import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { SECOND } from "../platform/duration.ts";
import { answer } from "../platform/http.ts";
import type { Answered, PauseAnswer } from "./answers.ts";
import { actorOf, recordAction } from "./audit.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf, futureMoment, noArguments } from "./validate.ts";

/** The code of a pause by a person; no fault ends it (zoho_pause). */
const byHand = "PAUSED_BY_HAND";

const pauseRequest = z.strictObject({
  reason: z.string().trim().max(200).optional(),
  until: futureMoment.optional(),
});
const pauseState = z.object({
  code: z.string(),
  message: z.string(),
  until: z.string().nullable(),
  byHand: z.boolean(),
  by: z.string().nullable(),
  byName: z.string().nullable(),
  since: z.string().nullable(),
});

/** POST /pause: sends nothing until a moment or until a person resumes; changes are still queued. */
export async function pause(call: AdminCall): Promise<Response> {
  const { reason, until } = bodyOf(call, pauseRequest);
  await recordAction(call, "pause", { reason: reason ?? null, until: until ?? null });
  await callFunction(call.db, "zoho_pause", {
    p_code: byHand,
    p_message: reason || "An operator paused it.",
    p_by: actorOf(call),
    ...(until === undefined
      ? { p_until_resumed: true }
      : { p_seconds: Math.ceil((Date.parse(until) - Date.now()) / SECOND) }),
  });
  const paused = pauseState.nullable().parse(await callFunction(call.db, "zoho_pause_state", {}));
  return answer({ success: true, paused } satisfies Answered<PauseAnswer>);
}

/** POST /resume: ends any pause, and what waited is sent at once. */
export async function resume(call: AdminCall): Promise<Response> {
  bodyOf(call, noArguments);
  await recordAction(call, "resume", {});
  await callFunction(call.db, "zoho_resume", {});
  return answer({ success: true, paused: null } satisfies Answered<PauseAnswer>);
}
