import { z } from "zod";
import { callFunction, DatabaseError, type ServiceClient } from "../platform/database.ts";
import { inBackground } from "../platform/background.ts";
import { answer } from "../platform/http.ts";
import { describeFault, faultCode } from "../sync/attempts.ts";
import { liveDependencies } from "../sync/dependencies.ts";
import { callDecision, type Decision } from "../zoho/error_table.ts";
import { ZohoCallError, ZohoTokenError } from "../zoho/errors.ts";
import { applyStoredEvent, storedEvent } from "../webhook/stored.ts";
import type { AdminCall } from "./router.ts";

/** Applies events that were left open for a minute; rung by pg_cron, so it answers at once. */
export function sweepEvents(call: AdminCall): Promise<Response> {
  inBackground(sweep(call));
  return Promise.resolve(answer({ success: true, message: "sweeping" }, 202));
}

async function sweep({ db, settings, log }: AdminCall): Promise<void> {
  const zoho = () => liveDependencies(db, settings, log).zoho;
  const events = z.array(storedEvent).parse(await callFunction(db, "zoho_open_events", {}));
  for (const event of events) {
    try {
      await applyStoredEvent({ db, zoho }, event);
    } catch (error) {
      // It stays open and is tried again a little later; the others must not wait for it.
      log("warn", "an event could not be applied", { event_id: event.id, fault: describeFault(error) });
      await putOff(db, event.id, error);
    }
  }
}

/** Faults that say nothing of the event: Zoho is away, or there is no token. */
const passing = new Set<Decision>(["retry_now", "pause", "refresh"]);

async function putOff(db: ServiceClient, eventId: string, fault: unknown): Promise<void> {
  const code = faultCode(fault);
  const isPassing = fault instanceof ZohoTokenError || fault instanceof DatabaseError ||
    fault instanceof ZohoCallError && passing.has(callDecision(code, fault.detail.status).decision);
  await callFunction(db, "zoho_put_off_event", { p_event_id: eventId, p_code: code, p_burns: !isPassing });
}
