import { z } from "zod";
import { entityTypes } from "../mapping/types.ts";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import type { ActAnswer, Answered, HoldsAnswer } from "./answers.ts";
import { actorOf, recordAction } from "./audit.ts";
import { oneEntity } from "./named_entities.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf, futureMoment, noArguments, notFound, queryOf } from "./validate.ts";

const holdRequest = z.strictObject({
  ...oneEntity.shape,
  reason: z.string().trim().max(200).optional(),
  until: futureMoment.optional(),
});

/** POST /hold: nothing of an entity is decided until it is released; what happens to it is queued. */
export async function hold(call: AdminCall): Promise<Response> {
  const asked = bodyOf(call, holdRequest);
  const { entityType, id, reason, until } = asked;
  await recordAction(call, "hold", asked);
  const isThere = await callFunction(call.db, "zoho_hold_record", {
    p_entity_type: entityType,
    p_entity_id: id,
    p_held_by: actorOf(call),
    p_reason: reason,
    p_until: until,
  });
  if (isThere !== true) notFound(`There is no ${entityType} ${id}`, "id");
  const undo = { route: "POST /release", body: { entityType, id } };
  return answer({ success: true, undo } satisfies Answered<ActAnswer>);
}

/** POST /release: ends a hold, and what waited is sent at once. */
export async function release(call: AdminCall): Promise<Response> {
  const { entityType, id } = bodyOf(call, oneEntity);
  await recordAction(call, "release", { entityType, id });
  const wasHeld = await callFunction(call.db, "zoho_release_record", {
    p_entity_type: entityType,
    p_entity_id: id,
  });
  if (wasHeld !== true) notFound(`The ${entityType} is not held`, "id");
  const undo = { route: "POST /hold", body: { entityType, id } };
  return answer({ success: true, undo } satisfies Answered<ActAnswer>);
}

const heldOnes = z.array(z.object({
  entityType: z.enum(entityTypes),
  entityId: z.string(),
  number: z.string().nullable(),
  name: z.string().nullable(),
  reason: z.string().nullable(),
  by: z.string(),
  byName: z.string().nullable(),
  since: z.string(),
  until: z.string().nullable(),
}));

/** GET /holds: every entity that is held, the oldest hold first. */
export async function holds(call: AdminCall): Promise<Response> {
  queryOf(call, noArguments);
  const found = heldOnes.parse(await callFunction(call.db, "zoho_admin_holds", {}));
  return answer({ success: true, holds: found } satisfies Answered<HoldsAnswer>);
}
