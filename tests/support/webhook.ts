import { createHmac } from "node:crypto";
import { assertEquals } from "@std/assert";
import type { Stack, StackOptions } from "../../local/stack.ts";
import type { Row, Values } from "./fixtures.ts";
import { drainEnded } from "./queue.ts";
import { quickNet } from "./stack.ts";
import { until } from "./until.ts";

// Zoho's side of a webhook, written without our code: what is posted, how it is signed, and what is looked at after.

export const webhookSecret = "inward-test-secret-of-forty-characters-1";
export const channelToken = "inward-test-token-of-thirty-two-";
export const webhookEnv = { ZOHO_CRM_WEBHOOK_SECRET: webhookSecret, ZOHO_NOTIFICATION_TOKEN: channelToken };

/** Both ways, with Zoho: a commit rings zoho-sync, and zoho-webhook drains what its hints mark. */
export const bothWays: StackOptions = {
  cron: false,
  net: quickNet,
  functions: ["zoho-sync", "zoho-webhook"],
  functionEnv: webhookEnv,
};

/** The same with the admin API. */
export const bothWaysWithAdmin: StackOptions = {
  ...bothWays,
  functions: ["zoho-sync", "zoho-webhook", "zoho-admin"],
};

export const integrationUser = "5550000000000000001";
export const sellerId = "5550000000000000002";

/** A moment of one morning, as Zoho writes it; Modified_Time counts seconds. */
export function at(second: number): string {
  const clock = new Date(Date.UTC(2026, 10, 20, 8) + second * 1000).toISOString().slice(0, 19);
  return `${clock}+00:00`;
}

export const nowSeconds = () => Math.floor(Date.now() / 1000);

type Body = string | Uint8Array<ArrayBuffer>;

export function hmacHex(text: Body, secret = webhookSecret): string {
  return createHmac("sha256", secret).update(text).digest("hex");
}

/** The headers of our Deluge function; with a timestamp it signs `timestamp.body`. */
export function signedHeaders(
  body: Body,
  options: { secret?: string; timestamp?: number | string } = {},
): Record<string, string> {
  const { secret = webhookSecret, timestamp } = options;
  if (timestamp === undefined) return { "x-zoho-webhook-signature": hmacHex(body, secret) };
  const hmac = createHmac("sha256", secret).update(`${timestamp}.`).update(body);
  return {
    "x-zoho-webhook-signature": hmac.digest("hex"),
    "x-zoho-webhook-timestamp": String(timestamp),
  };
}

export interface WebhookAnswer {
  status: number;
  text: string;
  json: {
    success?: boolean;
    message?: string;
    eventId?: string;
    error?: { code: string; message: string; field?: string; hint?: string };
  };
}

/** Knocks at zoho-webhook as Zoho does: without any key of the project. */
export async function post(
  stack: Stack,
  body: BodyInit,
  headers: Record<string, string> = {},
  init: RequestInit = {},
): Promise<WebhookAnswer> {
  const response = await fetch(`${stack.apiUrl}/functions/v1/zoho-webhook`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
    ...init,
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
  return { status: response.status, text, json: isJson ? JSON.parse(text) : {} };
}

export interface Payload {
  module: string;
  operation: string;
  record_id: string;
  record_data?: Values;
}

/** An edit of a Deal as our Deluge function tells it. */
export function edited(dealId: string, data: Values, operation = "edit"): Payload {
  return {
    module: "Deals",
    operation,
    record_id: dealId,
    record_data: { id: dealId, Modified_By: { id: sellerId, name: "Thandi Seller" }, ...data },
  };
}

/** Posts a signed event and expects it to be accepted. */
export async function deliver(stack: Stack, payload: Payload): Promise<WebhookAnswer> {
  const body = JSON.stringify(payload);
  const answered = await post(stack, body, signedHeaders(body));
  assertEquals(answered.status, 200, answered.text);
  return answered;
}

export interface EventRow {
  id: string;
  seq: string;
  source: string;
  module: string;
  operation: string;
  record_id: string;
  told: Record<string, unknown> | null;
  status: string;
  reason: string | null;
  applied_at: Date | null;
  received_at: Date;
  modified_at: Date | null;
  modified_by: string | null;
  entity_type: string | null;
  entity_id: string | null;
}

/** The events of one record, in the order of receipt. */
export async function eventsOf({ sql }: Stack, recordId: string): Promise<EventRow[]> {
  const rows = await sql<EventRow[]>`
    select * from public.zoho_webhook_events where record_id = ${recordId} order by seq
  `;
  return [...rows];
}

export async function statusesOf(stack: Stack, recordId: string): Promise<string[]> {
  return (await eventsOf(stack, recordId)).map(({ status }) => status);
}

/** Waits until every hint of these records has come to something; answers what the hints of the first came to. */
export async function heard(stack: Stack, ...recordIds: string[]): Promise<string[]> {
  let statuses: string[][] = [];
  const isOver = async () => {
    statuses = await Promise.all(recordIds.map((id) => statusesOf(stack, id)));
    return statuses.every((each) => each.length > 0 && !each.includes("received"));
  };
  await until(isOver, { what: "every hint looked at", seen: () => statuses });
  return statuses[0] ?? [];
}

/** Delivers and waits until all hints of the record have come to something. */
export async function tell(stack: Stack, payload: Payload): Promise<string[]> {
  await deliver(stack, payload);
  return await heard(stack, payload.record_id);
}

export async function eventCount({ sql }: Stack): Promise<number> {
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from public.zoho_webhook_events`;
  return row?.count ?? 0;
}

/** What looks at a contract's Deal came to, as the log has it, oldest first; writes are left out. */
export async function inwardLogs({ sql }: Stack, contract: { id: string }): Promise<Row[]> {
  const rows = await sql<Row[]>`
    select * from public.zoho_sync_logs
    where entity_id = ${contract.id} and response_payload ? 'outcome' order by created_at
  `;
  return [...rows];
}

/** Restarts zoho-webhook, with changed secrets, once no drain is at work that would leave its lease behind. */
export async function restartWebhook(
  stack: Stack,
  env: Record<string, string | undefined> = {},
): Promise<void> {
  await drainEnded(stack);
  await stack.functions.restart("zoho-webhook", env);
}

/** Makes the simulator act as the Deluge function that we ship: every change of a Deal is posted, ours among them. */
export async function tellChanges(stack: Stack, sign: "timestamp" | "body" = "timestamp"): Promise<void> {
  await stack.zoho.changeSettings({
    workflow: {
      url: `${stack.apiUrl}/functions/v1/zoho-webhook`,
      secret: webhookSecret,
      modules: ["Deals"],
      sign,
    },
  });
}
