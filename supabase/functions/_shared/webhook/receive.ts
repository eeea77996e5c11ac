import { DatabaseError } from "../platform/database.ts";
import type { WebhookSettings } from "../platform/webhook_settings.ts";
import { answer, BadRequestError, refuse } from "../platform/http.ts";
import type { Log } from "../platform/log.ts";
import { type FieldNames, withOurNames } from "../zoho/names.ts";
import { readBody } from "./body.ts";
import { type Delivery, type HintDependencies, type StoredHint, storeHint, whilePassing } from "./hint.ts";
import { looksLikeNotification, parseNotification, parseSignedPayload } from "./payload.ts";
import { isSameSecret, sha256Hex, signatureHeader, verifyZohoWebhookSignature } from "./signature.ts";
import { hintedRecord } from "./told.ts";

/** Everything with side effects that receiving needs. */
interface WebhookDependencies extends HintDependencies {
  settings: WebhookSettings;
  log: Log;
  now: () => number;
  countRefusal: (reason: string) => void;
  /** Starts a drain in the background: a record is to be looked at. */
  drainSoon: () => void;
  /** What the org calls our fields. */
  names: () => Promise<FieldNames>;
}

/**
 * One webhook from Zoho: the raw bytes are verified, then parsed, then stored as a hint, then answered. Values in the body
 * are never applied. An unverified call is only counted.
 */
export async function processZohoCRMWebhook(deps: WebhookDependencies, request: Request): Promise<Response> {
  try {
    const body = await readBody(request);
    const delivery = request.headers.has(signatureHeader)
      ? await signedDelivery(deps, request.headers, body)
      : await notifiedDelivery(deps, body);
    return delivery instanceof Response ? delivery : await receive(deps, delivery);
  } catch (error) {
    if (error instanceof BadRequestError) {
      deps.countRefusal(error.refusal.code.toLowerCase());
      return refuse(error.status, error.refusal);
    }
    if (!(error instanceof DatabaseError)) throw error;
    deps.log("error", "a hint could not be stored", { code: error.code, call: error.call });
    return refuse(503, {
      code: "NOT_STORED",
      message: "The event could not be stored; please send it again",
    });
  }
}

async function signedDelivery(
  deps: WebhookDependencies,
  headers: Headers,
  body: Uint8Array<ArrayBuffer>,
): Promise<Delivery | Response> {
  const verdict = await verifyZohoWebhookSignature(body, headers, deps.settings.secrets, deps.now());
  if (!verdict.ok) {
    return notVerified(deps, verdict.reason, "The signature or its timestamp is not valid");
  }
  const { module, operation, record_id, record_data } = parseSignedPayload(parseJson(body));
  const names = await whilePassing(deps.sleep, deps.names);
  const data = withOurNames(names, module, record_data);
  return {
    source: "signed",
    module,
    operation,
    digest: await sha256Hex(verdict.signedText),
    records: [hintedRecord(module, record_id, data)],
  };
}

/** A notification is verified by the channel's token and contains only record ids. */
async function notifiedDelivery(
  deps: WebhookDependencies,
  body: Uint8Array<ArrayBuffer>,
): Promise<Delivery | Response> {
  const parsed = parseJson(body);
  if (!looksLikeNotification(parsed)) {
    return notVerified(deps, "no_signature", `Neither ${signatureHeader} nor a channel token`);
  }
  const { module, operation, ids, unreadIds, token } = parseNotification(parsed);
  if (!await isOneOf(deps.settings.notificationTokens, token)) {
    return notVerified(deps, "wrong_token", "The channel token is not valid");
  }
  if (unreadIds > 0) deps.log("warn", "ids of a notification cannot be read", { module, ids: unreadIds });
  return {
    source: "notification",
    module,
    operation,
    digest: await sha256Hex(body),
    records: [...new Set(ids)].map((id) => ({ ...hintedRecord(module, id, {}), values: null })),
  };
}

function notVerified(deps: WebhookDependencies, reason: string, message: string): Response {
  deps.countRefusal(reason);
  return refuse(401, { code: "NOT_VERIFIED", message });
}

/** Compares every token, so that timing does not reveal which one matches. */
async function isOneOf(tokens: string[], given: string): Promise<boolean> {
  const verdicts = await Promise.all(tokens.map((token) => isSameSecret(given, token)));
  return verdicts.includes(true);
}

async function receive(deps: WebhookDependencies, delivery: Delivery): Promise<Response> {
  const stored = await storeHint(deps, delivery);
  if (stored.status === "received") deps.drainSoon();
  if (stored.status === "unmapped") {
    deps.log("warn", "a hint is unmapped", { event_id: stored.event_id, reason: stored.reason });
  }
  return answer({ success: true, message: messageOf(stored), eventId: stored.event_id });
}

function messageOf({ status, reason }: StoredHint): string {
  return status === "received" ? "recorded" : `recorded: ${reason ?? status}`;
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
