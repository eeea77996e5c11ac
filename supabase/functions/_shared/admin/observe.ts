import { z } from "zod";
import { readIdentity } from "../identity/identity.ts";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import { recordAction } from "./audit.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf } from "./validate.ts";

const request = z.strictObject({ on: z.boolean() });

/** POST /observe: begins or ends observing, in which nothing is written. @throws BadRequestError naming the field */
export async function observe(call: AdminCall): Promise<Response> {
  const { on } = bodyOf(call, request);
  await recordAction(call, on ? "observe" : "end observing", {});
  await callFunction(call.db, "zoho_observe", { p_on: on });
  const { observingSince } = await readIdentity(call.db, call.settings.supabaseUrl);
  return answer({ success: true, observingSince });
}
