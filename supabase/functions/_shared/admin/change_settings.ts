import { z } from "zod";
import { entityTypes } from "../mapping/types.ts";
import { callFunction } from "../platform/database.ts";
import { answer, BadRequestError } from "../platform/http.ts";
import type { Answered, ChangeSettingsAnswer } from "./answers.ts";
import { recordAction } from "./audit.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf } from "./validate.ts";

const request = z.strictObject({
  dailyCredits: z.int().min(1).max(100_000_000).optional(),
  syncedTypes: z.array(z.enum(entityTypes)).max(entityTypes.length)
    .refine((types) => new Set(types).size === types.length, { error: "names a kind twice" }).optional(),
});

const set = z.object({ dailyCredits: z.number(), syncedTypes: z.array(z.enum(entityTypes)) });
const outcome = z.object({ before: set, after: set });

/** POST /settings: the org's daily credits, and which kinds of record are kept in step. */
export async function changeSettings(call: AdminCall): Promise<Response> {
  const asked = bodyOf(call, request);
  if (asked.dailyCredits === undefined && asked.syncedTypes === undefined) {
    throw new BadRequestError(400, {
      code: "INVALID_BODY",
      message: "Nothing is to be changed",
      field: "body",
      hint: "Give dailyCredits, syncedTypes or both",
    });
  }
  await recordAction(call, "settings", asked);
  const { before, after } = outcome.parse(
    await callFunction(call.db, "zoho_change_settings", {
      p_daily_credits: asked.dailyCredits,
      p_synced_types: asked.syncedTypes,
    }),
  );
  const undo = { route: "POST /settings", body: { ...before } };
  return answer({ success: true, before, after, undo } satisfies Answered<ChangeSettingsAnswer>);
}
