import { z } from "zod";
import { callFunction, type ServiceClient } from "../platform/database.ts";
import type { InboundRecord } from "./record.ts";

/** What storing or applying an event answers. */
export const eventAnswer = z.object({
  event_id: z.string(),
  /** The delivery was known already. */
  duplicate: z.boolean().default(false),
  /** The event's status before. */
  was: z.string().nullish(),
  status: z.string(),
  reason: z.string().nullish(),
  contract_id: z.string().nullish(),
});
export type EventAnswer = z.infer<typeof eventAnswer>;

/** Stores a verified event, once, and applies it in the same transaction when its records are at hand. */
export async function logWebhookEvent(
  { db }: { db: ServiceClient },
  event: {
    source: "signed" | "notification" | "poll";
    module: string;
    operation: string;
    recordIds: string[];
    digest: string;
    mayRecur: boolean;
    body: unknown;
    records: InboundRecord[] | null;
  },
): Promise<EventAnswer> {
  return eventAnswer.parse(
    await callFunction(db, "zoho_receive_event", {
      p_source: event.source,
      p_module: event.module,
      p_operation: event.operation,
      p_record_ids: event.recordIds,
      p_digest: event.digest,
      p_may_recur: event.mayRecur,
      p_body: event.body,
      ...(event.records === null ? {} : { p_records: event.records }),
    }),
  );
}

/** Applies a stored event through all gates; with `dryRun` nothing is kept. @throws DatabaseError */
export async function applyEvent(
  db: ServiceClient,
  eventId: string,
  records: InboundRecord[],
  options: { dryRun?: boolean; body?: unknown } = {},
): Promise<EventAnswer> {
  return eventAnswer.parse(
    await callFunction(db, "zoho_apply_event", {
      p_event_id: eventId,
      p_records: records,
      p_dry_run: options.dryRun ?? false,
      ...(options.body === undefined ? {} : { p_body: options.body }),
    }),
  );
}
