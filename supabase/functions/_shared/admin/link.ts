import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer, BadRequestError } from "../platform/http.ts";
import type { ActAnswer, Answered, ForgetAccountAnswer, Undo } from "./answers.ts";
import { recordAction } from "./audit.ts";
import { oneEntity } from "./named_entities.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf, notFound } from "./validate.ts";

const outcome = z.enum(["done", "busy", "no_link", "wrong_state", "orphaned", "erased"]);
type LinkFunction = "zoho_unlink_record" | "zoho_link_record" | "zoho_forget_record";

/** POST /unlink: nothing of an entity is sent or taken in any more; its record is left as it is. */
export const unlink = (call: AdminCall) =>
  change(call, "unlink", "zoho_unlink_record", (body) => ({ route: "POST /link", body }));

/** POST /link: takes an unlinking back. */
export const link = (call: AdminCall) =>
  change(call, "link", "zoho_link_record", (body) => ({ route: "POST /unlink", body }));

/** POST /make-again: forgets an entity's record and finds it by its number, or makes a new one. */
export const makeAgain = (call: AdminCall) => change(call, "make again", "zoho_forget_record", () => null);

async function change(
  call: AdminCall,
  action: string,
  name: LinkFunction,
  undoOf: (body: z.infer<typeof oneEntity>) => Undo | null,
): Promise<Response> {
  const asked = bodyOf(call, oneEntity);
  await recordAction(call, action, asked);
  const done = outcome.parse(
    await callFunction(call.db, name, { p_entity_type: asked.entityType, p_entity_id: asked.id }),
  );
  if (done === "no_link") notFound(`The ${asked.entityType} has no record in Zoho`, "id");
  if (done === "busy") {
    throw new BadRequestError(409, {
      code: "BUSY",
      message: `The ${asked.entityType} is being synced at this moment`,
      hint: "Ask again in a few seconds",
    });
  }
  if (done !== "done") {
    throw new BadRequestError(409, {
      code: "WRONG_STATE",
      message: done === "orphaned"
        ? `The ${asked.entityType} was deleted in CircleTel`
        : done === "erased"
        ? "The person was erased: their record is not linked again"
        : `The ${asked.entityType} is ${action === "link" ? "not unlinked" : "unlinked already"}`,
      hint: done === "orphaned"
        ? "POST /make-again forgets the link"
        : "GET /contract shows the link's state",
    });
  }
  return answer({ success: true, undo: undoOf(asked) } satisfies Answered<ActAnswer>);
}

const oneAccount = z.strictObject({
  zohoId: z.string().regex(/^\d{6,20}$/, { error: "is not a Zoho id" }),
});

/** POST /accounts/forget: a company's Account is found again, and its records are sent with every field. */
export async function forgetAccount(call: AdminCall): Promise<Response> {
  const { zohoId } = bodyOf(call, oneAccount);
  await recordAction(call, "forget account", { zohoId });
  const marked = z.number().nullable().parse(
    await callFunction(call.db, "zoho_forget_account", { p_zoho_id: zohoId }),
  );
  if (marked === null) notFound(`No company has the Account ${zohoId}`, "zohoId");
  return answer({ success: true, marked } satisfies Answered<ForgetAccountAnswer>);
}
