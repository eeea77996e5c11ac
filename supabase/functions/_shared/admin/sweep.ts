import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { inBackground } from "../platform/background.ts";
import { answer } from "../platform/http.ts";
import { describeFault } from "../sync/attempts.ts";
import { liveDependencies } from "../sync/dependencies.ts";
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
      // It stays open and is tried again; the others must not wait for it.
      log("warn", "an event could not be applied", { event_id: event.id, fault: describeFault(error) });
    }
  }
}
