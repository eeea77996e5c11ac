import { z } from "zod";
import { callFunction, DatabaseError, type ServiceClient } from "../platform/database.ts";
import type { ZohoClient } from "../zoho/client.ts";
import { isZohoFault } from "../zoho/faults.ts";
import { applyStoredEvent, type StoredEvent, storedEvent } from "./stored.ts";

/** One event, or those of a range of time. */
export type ReplayRequest =
  & { dryRun: boolean }
  & ({ eventId: string } | { from: string; to: string; status?: string | undefined });

export interface ReplayDependencies {
  db: ServiceClient;
  zoho: () => ZohoClient;
  now: () => number;
}

/** Events read at a time; the platform ends an isolate at 150 s, so a replay says where it stopped. */
const eventsPerPage = 200;
const longestReplayMs = 100_000;

interface Replayed {
  eventId: string;
  was: string;
  status: string;
  reason: string | null;
  contractId: string | null;
}

/** Applies stored events again, through the same gates; `isComplete` is false when the time ran out. @throws DatabaseError */
export async function replayEvents(
  deps: ReplayDependencies,
  asked: ReplayRequest,
): Promise<{ isComplete: boolean; results: Replayed[] }> {
  const stopAtMs = deps.now() + longestReplayMs;
  const results: Replayed[] = [];
  let after = 0;
  let isComplete = false;
  while (!isComplete && deps.now() < stopAtMs) {
    const events = await readEvents(deps.db, asked, after);
    for (const event of events) {
      results.push(await replayOne(deps, event, asked.dryRun));
      after = event.seq;
      if (deps.now() > stopAtMs) break;
    }
    isComplete = "eventId" in asked ||
      events.length < eventsPerPage && after === (events.at(-1)?.seq ?? after);
  }
  return { isComplete, results };
}

async function readEvents(db: ServiceClient, asked: ReplayRequest, after: number): Promise<StoredEvent[]> {
  if ("eventId" in asked) {
    const { data, error } = await db.from("zoho_webhook_events").select("*").eq("id", asked.eventId);
    if (error) throw new DatabaseError(error.code, "zoho_webhook_events", error.message);
    return z.array(storedEvent).parse(data);
  }
  return z.array(storedEvent).parse(
    await callFunction(db, "zoho_events_between", {
      p_from: asked.from,
      p_to: asked.to,
      p_after: after,
      p_limit: eventsPerPage,
      ...(asked.status === undefined ? {} : { p_status: asked.status }),
    }),
  );
}

async function replayOne(
  deps: ReplayDependencies,
  event: StoredEvent,
  dryRun: boolean,
): Promise<Replayed> {
  const was = { eventId: event.id, was: event.status };
  try {
    const { status, reason, contract_id } = await applyStoredEvent(deps, event, dryRun);
    return { ...was, status, reason: reason ?? null, contractId: contract_id ?? null };
  } catch (error) {
    if (!isZohoFault(error)) throw error;
    // The record could not be looked up: the event is as it was, and the others need not wait for it.
    return {
      ...was,
      status: event.status,
      reason: `Zoho could not be asked: ${error.code}`,
      contractId: null,
    };
  }
}
