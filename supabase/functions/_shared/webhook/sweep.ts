import { z } from "zod";
import { callFunction, DatabaseError, type ServiceClient } from "../platform/database.ts";
import type { Log } from "../platform/log.ts";
import type { ZohoClient } from "../zoho/client.ts";
import type { Decision } from "../zoho/error_table.ts";
import { rowOfFault } from "../zoho/fault_row.ts";
import { describeFault, faultCode, ZohoCallError, ZohoTokenError } from "../zoho/faults.ts";
import { applyStoredEvent, storedEvent } from "./stored.ts";

/** What applying stored events needs. */
export interface EventDependencies {
  db: ServiceClient;
  /** Made when the first event has to be looked up. */
  zoho: () => ZohoClient;
  log: Log;
}

/** Applies the events that were left open for a minute, each for itself. @throws DatabaseError */
export async function sweepEvents({ db, zoho, log }: EventDependencies): Promise<void> {
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
    fault instanceof ZohoCallError && passing.has(rowOfFault(fault).decision);
  await callFunction(db, "zoho_put_off_event", { p_event_id: eventId, p_code: code, p_burns: !isPassing });
}
