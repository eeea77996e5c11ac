import { z } from "zod";
import { entityTypes } from "../mapping/types.ts";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import type { Answered, DropAnswer, LookAnswer } from "./answers.ts";
import { recordAction } from "./audit.ts";
import { namedEntities } from "./named_entities.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf } from "./validate.ts";

const outcome = z.object({
  dropped: z.array(z.object({ type: z.enum(entityTypes), id: z.string() })),
  busy: z.number(),
});

/** POST /drop: takes changes out of the queue; Zoho is right as it is. A later edit queues an entity again. */
export async function drop(call: AdminCall): Promise<Response> {
  const { entities } = bodyOf(call, namedEntities);
  await recordAction(call, "drop", { entities });
  const { dropped, busy } = outcome.parse(
    await callFunction(call.db, "zoho_drop_changes", { p_entities: entities }),
  );
  const undo = dropped.length === 0 ? null : { route: "POST /look", body: { entities: dropped } };
  return answer(
    { success: true, dropped: dropped.length, busy, undo } satisfies Answered<DropAnswer>,
  );
}

/** POST /look: both sides of entities are read again, and what differs is sent, taken in or asked about. */
export async function look(call: AdminCall): Promise<Response> {
  const { entities } = bodyOf(call, namedEntities);
  await recordAction(call, "look", { entities });
  const marked = z.number().nullable().parse(
    await callFunction(call.db, "zoho_look_again", { p_entities: entities }),
  );
  return answer({ success: true, marked: marked ?? 0 } satisfies Answered<LookAnswer>);
}
