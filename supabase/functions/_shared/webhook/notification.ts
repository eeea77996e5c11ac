import type { ServiceClient } from "../platform/database.ts";
import type { ZohoClient } from "../zoho/client.ts";
import { listRecordsByIds } from "../zoho/list.ts";
import { applyEvent, type EventAnswer } from "./event.ts";
import type { InboundOperation } from "./payload.ts";
import { inboundRecord, keepRecord, keptFields, type KeptRecord } from "./record.ts";

export interface NotificationEvent {
  id: string;
  module: string;
  operation: InboundOperation;
  record_ids: string[];
}

/**
 * Looks up what a notification points to and applies that: the notification itself is only a hint. A record that is
 * gone was deleted, whatever the hint called it.
 *
 * @throws ZohoCallError, ZohoTokenError, DatabaseError; the event stays open for the sweep
 */
export async function applyNotification(
  with_: { db: ServiceClient; zoho: () => ZohoClient },
  event: NotificationEvent,
  dryRun = false,
): Promise<EventAnswer> {
  // Of other modules nothing is read.
  const names = Object.hasOwn(keptFields, event.module) ? keptFields[event.module] : undefined;
  const fields = names && [...names, "Modified_Time", "Modified_By"];
  const found = fields ? await listRecordsByIds(with_.zoho(), event.module, event.record_ids, fields) : [];
  const kept = new Map<string, KeptRecord>(
    found.map((record) => [record.id, keepRecord(event.module, record.id, record)]),
  );
  const records = event.record_ids.map((id) => {
    const record = kept.get(id);
    if (record) return inboundRecord(event.operation === "delete" ? "update" : event.operation, record);
    return inboundRecord(fields ? "delete" : event.operation, { id });
  });
  const body = { records: [...kept.values()], asked: event.record_ids };
  return await applyEvent(with_.db, event.id, records, { dryRun, body });
}
