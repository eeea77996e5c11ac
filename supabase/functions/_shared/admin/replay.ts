import { z } from "zod";
import { liveDependencies } from "../app/dependencies.ts";
import { answer } from "../platform/http.ts";
import { previewChanges } from "../sync/by_hand/preview.ts";
import { replayEvents, type ReplayRequest } from "../webhook/replay.ts";
import type { Answered, ReplayAnswer } from "./answers.ts";
import { recordAction } from "./audit.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf, eventStatuses, knownMoment, notFound } from "./validate.ts";
import { answeringFaults } from "./zoho_fault.ts";

const dryRun = z.boolean().default(false);
const oneEvent = z.strictObject({ eventId: z.guid(), dryRun });
const eventsOfRange = z.strictObject({
  from: knownMoment,
  to: knownMoment,
  status: z.enum(eventStatuses).optional(),
  dryRun,
});

/**
 * Looks again at what stored hints spoke of, one by id or a range by time and status; `dryRun` reads the records, says
 * what would happen and changes nothing.
 *
 * @throws BadRequestError naming the field
 */
export function replay(call: AdminCall): Promise<Response> {
  const asked = readRequest(call);
  return answeringFaults(call, "a replay", () => replayAll(call, asked));
}

async function replayAll(call: AdminCall, asked: ReplayRequest): Promise<Response> {
  await recordAction(call, asked.dryRun ? "replay (dry run)" : "replay", asked);
  const { hints, marked, previews, isComplete } = await replayEvents({
    db: call.db,
    preview: (entities) => previewChanges(liveDependencies(call.db, call.settings, call.log), entities),
  }, asked);
  if ("eventId" in asked && hints === 0) {
    notFound("There is no such event", "eventId");
  }
  return answer(
    {
      success: true,
      dryRun: asked.dryRun,
      replayed: hints,
      marked,
      complete: isComplete,
      results: previews,
    } satisfies Answered<ReplayAnswer>,
  );
}

function readRequest(call: AdminCall): ReplayRequest {
  const { body } = call;
  const isOne = typeof body === "object" && body !== null && "eventId" in body;
  return isOne ? bodyOf(call, oneEvent) : bodyOf(call, eventsOfRange);
}
