import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import type { Answered, PauseAnswer } from "./answers.ts";
import { recordAction } from "./audit.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf } from "./validate.ts";

/** The code of a pause that a person asked for; no fault ends it (zoho_pause). */
const byHand = "PAUSED_BY_HAND";

const reasonGiven = z.strictObject({ reason: z.string().trim().max(200).optional() });

/** POST /pause: nothing more is sent until somebody resumes; changes go on being queued. */
export async function pause(call: AdminCall): Promise<Response> {
  const { reason } = bodyOf(call, reasonGiven);
  const message = reason || "An operator paused it.";
  await recordAction(call, "pause", { reason: reason ?? null });
  await callFunction(call.db, "zoho_pause", { p_code: byHand, p_message: message, p_until_resumed: true });
  return answer(
    {
      success: true,
      paused: { code: byHand, message, until: null, byHand: true },
    } satisfies Answered<PauseAnswer>,
  );
}

/** POST /resume: ends any pause, and what waited is sent at once. */
export async function resume(call: AdminCall): Promise<Response> {
  bodyOf(call, z.strictObject({}));
  await recordAction(call, "resume", {});
  await callFunction(call.db, "zoho_resume", {});
  return answer({ success: true, paused: null } satisfies Answered<PauseAnswer>);
}
