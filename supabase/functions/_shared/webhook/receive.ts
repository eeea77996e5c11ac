import { inBackground } from "../platform/background.ts";
import { DatabaseError, type ServiceClient } from "../platform/database.ts";
import type { WebhookSettings } from "../platform/env.ts";
import { answer, BadRequestError, refuse } from "../platform/http.ts";
import type { Log } from "../platform/log.ts";
import type { ZohoClient } from "../zoho/client.ts";
import { type FieldNames, withOurNames } from "../zoho/names.ts";
import { readBody } from "./body.ts";
import { type EventAnswer, logWebhookEvent } from "./event.ts";
import { applyNotification, type NotificationEvent } from "./notification.ts";
import { looksLikeNotification, parseNotification, parseSignedPayload } from "./payload.ts";
import { inboundRecord, keepRecord } from "./record.ts";
import { isSameSecret, sha256Hex, signatureHeader, verifyZohoWebhookSignature } from "./signature.ts";

/** Everything with an effect that receiving needs. */
export interface WebhookDependencies {
  db: ServiceClient;
  settings: WebhookSettings;
  log: Log;
  now: () => number;
  countRefusal: (reason: string) => void;
  /** Made when a notification has to be looked up. */
  zoho: () => ZohoClient;
  /** What the org calls our fields. */
  names: () => Promise<FieldNames>;
}

/**
 * One webhook from Zoho: the raw bytes are verified, then parsed, then stored, then answered. What is not verified
 * leaves no trace but a count.
 */
export async function processZohoCRMWebhook(with_: WebhookDependencies, request: Request): Promise<Response> {
  try {
    const body = await readBody(request);
    return request.headers.has(signatureHeader)
      ? await receiveSigned(with_, request.headers, body)
      : await receiveNotification(with_, body);
  } catch (error) {
    if (error instanceof BadRequestError) {
      with_.countRefusal(error.refusal.code.toLowerCase());
      return refuse(error.status, error.refusal);
    }
    if (!(error instanceof DatabaseError)) throw error;
    with_.log("error", "an event could not be stored", { code: error.code, call: error.call });
    return refuse(503, {
      code: "NOT_STORED",
      message: "The event could not be stored; please send it again",
    });
  }
}

async function receiveSigned(
  with_: WebhookDependencies,
  headers: Headers,
  body: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  const verdict = await verifyZohoWebhookSignature(body, headers, with_.settings.secrets, with_.now());
  if (!verdict.ok) {
    with_.countRefusal(verdict.reason);
    return refuse(401, { code: "NOT_VERIFIED", message: "The signature or its timestamp is not valid" });
  }
  const payload = parseSignedPayload(parseJson(body));
  const data = withOurNames(await with_.names(), payload.module, payload.record_data);
  const kept = keepRecord(payload.module, payload.record_id, data);
  const stored = await logWebhookEvent(with_, {
    source: "signed",
    module: payload.module,
    operation: payload.operation,
    recordIds: [payload.record_id],
    digest: await sha256Hex(verdict.signedText),
    mayRecur: !verdict.hasTimestamp && kept.Modified_Time === undefined,
    body: { records: [kept] },
    records: [inboundRecord(payload.operation, kept)],
  });
  return acknowledge(with_, stored);
}

/** Zoho's notification proves itself by the channel's token and says only where to look. */
async function receiveNotification(
  with_: WebhookDependencies,
  body: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  const parsed = parseJson(body);
  if (!looksLikeNotification(parsed)) {
    with_.countRefusal("no_signature");
    return refuse(401, { code: "NOT_VERIFIED", message: `Neither ${signatureHeader} nor a channel token` });
  }
  const payload = parseNotification(parsed);
  if (!await isOneOf(with_.settings.notificationTokens, payload.token)) {
    with_.countRefusal("wrong_token");
    return refuse(401, { code: "NOT_VERIFIED", message: "The channel token is not valid" });
  }
  const stored = await logWebhookEvent(with_, {
    source: "notification",
    module: payload.module,
    operation: payload.operation,
    recordIds: payload.ids,
    digest: await sha256Hex(body),
    mayRecur: payload.server_time === null,
    body: { channel_id: payload.channel_id, server_time: payload.server_time },
    records: null,
  });
  if (!stored.duplicate) {
    const { module, operation, ids: record_ids } = payload;
    inBackground(lookUp(with_, { id: stored.event_id, module, operation, record_ids }));
  }
  return acknowledge(with_, stored);
}

/** Every token is compared, so that the time says nothing about which one fits. */
async function isOneOf(tokens: string[], given: string): Promise<boolean> {
  const verdicts = await Promise.all(tokens.map((token) => isSameSecret(given, token)));
  return verdicts.includes(true);
}

async function lookUp(with_: WebhookDependencies, event: NotificationEvent): Promise<void> {
  try {
    warnOf(with_, await applyNotification(with_, event));
  } catch (error) {
    const fault = error instanceof Error ? error.name : "unknown";
    with_.log("warn", "a notification waits for the sweep", { event_id: event.id, fault });
  }
}

function warnOf({ log }: WebhookDependencies, { event_id, status, reason }: EventAnswer): void {
  if (status === "unmapped" || status === "failed") log("warn", `event ${status}`, { event_id, reason });
}

function acknowledge(with_: WebhookDependencies, stored: EventAnswer): Response {
  const { event_id, status, duplicate } = stored;
  warnOf(with_, stored);
  return answer({
    success: true,
    message: duplicate ? "known already" : status,
    eventId: event_id,
  });
}

function parseJson(body: Uint8Array<ArrayBuffer>): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new BadRequestError(400, {
      code: "INVALID_JSON",
      message: "The body is not JSON in UTF-8",
      field: "body",
    });
  }
}
