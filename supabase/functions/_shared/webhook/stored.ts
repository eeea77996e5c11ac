import { z } from "zod";
import type { ServiceClient } from "../platform/database.ts";
import type { ZohoClient } from "../zoho/client.ts";
import { applyEvent, type EventAnswer } from "./event.ts";
import { applyNotification } from "./notification.ts";
import { inboundRecord, type KeptRecord } from "./record.ts";

/** A row of zoho_webhook_events, as far as applying it again needs. */
export const storedEvent = z.object({
  id: z.string(),
  seq: z.number(),
  source: z.enum(["signed", "notification", "poll"]),
  module: z.string(),
  operation: z.enum(["insert", "update", "delete"]),
  record_ids: z.array(z.string()),
  status: z.string(),
  body: z.looseObject({
    records: z.array(z.looseObject({ id: z.string() })).optional(),
    asked: z.array(z.string()).optional(),
  }),
});
export type StoredEvent = z.infer<typeof storedEvent>;

/**
 * Applies a stored event, for the first time or again, from what it kept. A notification whose records were never
 * fetched is looked up in Zoho.
 *
 * @throws DatabaseError, ZohoCallError, ZohoTokenError
 */
export async function applyStoredEvent(
  with_: { db: ServiceClient; zoho: () => ZohoClient },
  event: StoredEvent,
  dryRun = false,
): Promise<EventAnswer> {
  const { records: kept } = event.body;
  if (kept === undefined) return await applyNotification(with_, event, dryRun);
  const found = kept.map((record) => inboundRecord(event.operation, record as KeptRecord));
  // Of the records that a notification named, those that were gone were deletions.
  const gone = (event.body.asked ?? [])
    .filter((id) => !kept.some((record) => record.id === id))
    .map((id) => inboundRecord("delete", { id }));
  return await applyEvent(with_.db, event.id, [...found, ...gone], { dryRun });
}
