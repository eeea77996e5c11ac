import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import type { Answered, RetryAnswer } from "./answers.ts";
import { recordAction } from "./audit.ts";
import { namedEntities } from "./named_entities.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf } from "./validate.ts";

const ofCause = z.strictObject({
  code: z.string().min(1).max(100),
  field: z.string().max(100).nullable().optional(),
});
const everything = z.strictObject({ all: z.literal(true) });

const retried = z.object({ retried: z.number(), more: z.boolean() });

/** POST /retry: named changes, those of one cause, or all that failed are due again at once. */
export async function retry(call: AdminCall): Promise<Response> {
  const { action, details, args } = asked(call);
  await recordAction(call, action, details);
  const done = retried.parse(await callFunction(call.db, "zoho_admin_retry", args));
  return answer({ success: true, ...done } satisfies Answered<RetryAnswer>);
}

function asked(call: AdminCall) {
  const { body } = call;
  const keys = typeof body === "object" && body !== null ? Object.keys(body) : [];
  if (keys.includes("code")) {
    const { code, field } = bodyOf(call, ofCause);
    // Absent is every field; null and "" are the changes that name none.
    const p_field = field === undefined ? undefined : field ?? "";
    return {
      action: "retry: one cause",
      details: { code, field: field ?? null },
      args: { p_code: code, p_field },
    };
  }
  if (keys.includes("all")) {
    bodyOf(call, everything);
    return { action: "retry: all", details: {}, args: {} };
  }
  const { entities } = bodyOf(call, namedEntities);
  return { action: "retry", details: { entities }, args: { p_entities: entities } };
}
