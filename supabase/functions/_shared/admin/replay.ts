import { z } from "zod";
import { liveDependencies } from "../app/dependencies.ts";
import { answer } from "../platform/http.ts";
import { replayEvents, type ReplayRequest } from "../webhook/replay.ts";
import { recordAction } from "./audit.ts";
import type { AdminCall } from "./router.ts";
import { bodyOf } from "./validate.ts";

const statuses = ["received", "applied", "ignored", "echo", "stale", "unmapped", "failed"] as const;

const dryRun = z.boolean().default(false);
const oneEvent = z.strictObject({ eventId: z.guid(), dryRun });
const eventsOfRange = z.strictObject({
  from: z.iso.datetime({ offset: true }),
  to: z.iso.datetime({ offset: true }),
  status: z.enum(statuses).optional(),
  dryRun,
});

/**
 * Applies stored events again, one by id or a range by time and status, through the same gates; `dryRun` says what
 * would happen and keeps nothing.
 *
 * @throws BadRequestError naming the field
 */
export async function replay(call: AdminCall): Promise<Response> {
  const asked = readRequest(call);
  await recordAction(call, asked.dryRun ? "replay (dry run)" : "replay", asked);
  const zoho = () => liveDependencies(call.db, call.settings, call.log).zoho;
  const { isComplete, results } = await replayEvents({ db: call.db, zoho, now: Date.now }, asked);
  if ("eventId" in asked && results.length === 0) {
    return answer({ success: false, error: { code: "NOT_FOUND", message: "There is no such event" } }, 404);
  }
  return answer({
    success: results.every(({ status }) => status !== "failed"),
    dryRun: asked.dryRun,
    replayed: results.length,
    complete: isComplete,
    results,
  });
}

function readRequest(call: AdminCall): ReplayRequest {
  const { body } = call;
  const isOne = typeof body === "object" && body !== null && "eventId" in body;
  return isOne ? bodyOf(call, oneEvent) : bodyOf(call, eventsOfRange);
}
