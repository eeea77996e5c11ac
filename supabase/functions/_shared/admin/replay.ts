import { z } from "zod";
import { callFunction, DatabaseError } from "../platform/database.ts";
import { answer, BadRequestError } from "../platform/http.ts";
import { ZohoCallError, ZohoTokenError } from "../zoho/errors.ts";
import { liveDependencies } from "../sync/dependencies.ts";
import { applyStoredEvent, type StoredEvent, storedEvent } from "../webhook/stored.ts";
import type { AdminCall } from "./router.ts";
import { recordAction } from "./actions.ts";

const statuses = ["received", "applied", "ignored", "echo", "stale", "unmapped", "failed"] as const;

const dryRun = z.boolean().default(false);
const oneEvent = z.strictObject({ eventId: z.guid(), dryRun });
const eventsOfRange = z.strictObject({
  from: z.iso.datetime({ offset: true }),
  to: z.iso.datetime({ offset: true }),
  status: z.enum(statuses).optional(),
  dryRun,
});

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

/**
 * Applies stored events again, one by id or a range by time and status, through the same gates; `dryRun` says what
 * would happen and keeps nothing.
 *
 * @throws BadRequestError naming the field
 */
export async function replay(call: AdminCall): Promise<Response> {
  const asked = parse(call.body);
  await recordAction(call, asked.dryRun ? "replay (dry run)" : "replay", asked);
  const stopAtMs = Date.now() + longestReplayMs;
  const results: Replayed[] = [];
  let after = 0;
  let isComplete = false;
  while (!isComplete && Date.now() < stopAtMs) {
    const events = await readEvents(call, asked, after);
    for (const event of events) {
      results.push(await replayOne(call, event, asked.dryRun));
      after = event.seq;
      if (Date.now() > stopAtMs) break;
    }
    isComplete = "eventId" in asked ||
      events.length < eventsPerPage && after === (events.at(-1)?.seq ?? after);
  }
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

type Asked = z.infer<typeof oneEvent> | z.infer<typeof eventsOfRange>;

function parse(body: unknown): Asked {
  const isOne = typeof body === "object" && body !== null && "eventId" in body;
  const parsed = isOne ? oneEvent.safeParse(body) : eventsOfRange.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.code === "unrecognized_keys" ? issue.keys[0] : issue?.path.join(".");
  throw new BadRequestError(400, {
    code: "INVALID_BODY",
    message:
      "Give eventId, or from and to (ISO-8601 with offset) and perhaps status; dryRun is true or false",
    field: field || "body",
  });
}

async function readEvents(call: AdminCall, asked: Asked, after: number): Promise<StoredEvent[]> {
  if ("eventId" in asked) {
    const { data, error } = await call.db.from("zoho_webhook_events").select("*").eq("id", asked.eventId);
    if (error) throw new DatabaseError(error.code, "zoho_webhook_events", error.message);
    return z.array(storedEvent).parse(data);
  }
  return z.array(storedEvent).parse(
    await callFunction(call.db, "zoho_events_between", {
      p_from: asked.from,
      p_to: asked.to,
      p_after: after,
      p_limit: eventsPerPage,
      ...(asked.status === undefined ? {} : { p_status: asked.status }),
    }),
  );
}

async function replayOne(call: AdminCall, event: StoredEvent, dryRun: boolean): Promise<Replayed> {
  const zoho = () => liveDependencies(call.db, call.settings, call.log).zoho;
  const was = { eventId: event.id, was: event.status };
  try {
    const { status, reason, contract_id } = await applyStoredEvent({ db: call.db, zoho }, event, dryRun);
    return { ...was, status, reason: reason ?? null, contractId: contract_id ?? null };
  } catch (error) {
    if (!(error instanceof ZohoCallError || error instanceof ZohoTokenError)) throw error;
    // The record could not be looked up: the event is as it was, and the others need not wait for it.
    return {
      ...was,
      status: event.status,
      reason: `Zoho could not be asked: ${error.code}`,
      contractId: null,
    };
  }
}
