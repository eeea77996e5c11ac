import { createHmac } from "node:crypto";
import type postgres from "postgres";
import { assertEquals } from "@std/assert";
import type { Stack, StackOptions } from "../../local/stack.ts";
import { insertContract, insertQuote, type Row, type Values } from "../support/fixtures.ts";
import { until } from "../support/until.ts";
import { type SaleValues, sell, settledDeal } from "./steps.ts";

// Zoho's side of a webhook, written without our code: what is posted, how it is signed, and what is looked at after.

export const webhookSecret = "inward-test-secret-of-forty-characters-1";
export const channelToken = "inward-test-token-of-thirty-two-";
export const webhookEnv = { ZOHO_CRM_WEBHOOK_SECRET: webhookSecret, ZOHO_NOTIFICATION_TOKEN: channelToken };

/** zoho-webhook alone: no drain answers, so an outward write would be seen as a row that stays in the queue. */
export const webhookOnly: StackOptions = {
  cron: false,
  net: false,
  zoho: false,
  functions: ["zoho-webhook"],
  functionEnv: webhookEnv,
};

export const integrationUser = "5550000000000000001";
export const seller = "5550000000000000002";

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
export function signed(
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

export interface Answered {
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
): Promise<Answered> {
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
    record_data: { id: dealId, Modified_By: { id: seller, name: "Thandi Seller" }, ...data },
  };
}

/** Posts a signed event and expects it to be accepted. */
export async function deliver(stack: Stack, payload: Payload): Promise<Answered> {
  const body = JSON.stringify(payload);
  const answered = await post(stack, body, signed(body));
  assertEquals(answered.status, 200, answered.text);
  return answered;
}

export interface EventRow {
  id: string;
  seq: string;
  source: string;
  module: string;
  operation: string;
  record_ids: string[];
  body: Record<string, unknown>;
  status: string;
  reason: string | null;
  attempts: number;
  applied_at: Date | null;
  received_at: Date;
  contract_id: string | null;
}

/** The events of one record, in the order of receipt. */
export async function eventsOf({ sql }: Stack, recordId: string): Promise<EventRow[]> {
  const rows = await sql<EventRow[]>`
    select * from public.zoho_webhook_events where record_ids @> array[${recordId}] order by seq
  `;
  return [...rows];
}

export async function statusesOf(stack: Stack, recordId: string): Promise<string[]> {
  return (await eventsOf(stack, recordId)).map(({ status }) => status);
}

export async function eventCount({ sql }: Stack): Promise<number> {
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from public.zoho_webhook_events`;
  return row?.count ?? 0;
}

export async function contractRow({ sql }: Stack, id: string): Promise<Row> {
  const [row] = await sql<Row[]>`select * from public.contracts where id = ${id}`;
  if (!row) throw new Error(`there is no contract ${id}`);
  return row;
}

export async function statusOf(stack: Stack, contract: { id: string }): Promise<unknown> {
  return (await contractRow(stack, contract.id)).status;
}

export async function mappingOf({ sql }: Stack, contract: { id: string }): Promise<Row> {
  const [row] = await sql<Row[]>`
    select * from public.zoho_entity_mappings where circletel_id = ${contract.id}
  `;
  if (!row) throw new Error(`contract ${contract.id} has no mapping`);
  return row;
}

export async function queueOf({ sql }: Stack, contract: { id: string }): Promise<Row | undefined> {
  const [row] = await sql<Row[]>`select * from public.zoho_sync_queue where entity_id = ${contract.id}`;
  return row;
}

/** The rows that the inward way has written to the log, oldest first. */
export async function inwardLogs({ sql }: Stack, contract: { id: string }): Promise<Row[]> {
  const rows = await sql<Row[]>`
    select * from public.zoho_sync_logs
    where entity_id = ${contract.id} and cause like 'zoho: %' order by created_at
  `;
  return [...rows];
}

export interface Linked {
  contract: Row;
  dealId: string;
  /** What Zoho last confirmed of the Deal. */
  snapshot: Values;
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

/**
 * Waits until nothing of these Deals is queued, under way or waiting to be applied: every change of Zoho's was told
 * (or lost), and no queue row is left.
 */
export async function quiet(
  stack: Stack,
  deals: { contract: { id: string }; dealId: string }[],
  timeoutMs = 15_000,
): Promise<void> {
  const ids = deals.map(({ dealId }) => dealId);
  const contracts = deals.map(({ contract }) => contract.id);
  let left: unknown;
  const isQuiet = async () => {
    const count = async () =>
      (await stack.zoho.changes()).changes.filter(({ id }) => ids.includes(id)).length;
    const told = await count() + await toldTwice(stack);
    const arrived = (await stack.zoho.deliveries()).filter((each) => ids.includes(each.ids[0] ?? "")).length;
    const queued = await stack.sql`
      select status, error_code from public.zoho_sync_queue where entity_id = any (${contracts})
    `;
    const open = await stack.sql`
      select reason from public.zoho_webhook_events where record_ids && ${ids} and status = 'received'
    `;
    left = { told, arrived, queued: [...queued], open: open.length };
    return arrived >= told && queued.length === 0 && open.length === 0 &&
      await count() + await toldTwice(stack) === told;
  };
  await until(isQuiet, { timeoutMs, what: "quiet" }).catch(() => {
    throw new Error(`not quiet: ${JSON.stringify(left)}`);
  });
}

/** Deliveries that a fault has doubled; the other Deals are quiet. */
async function toldTwice({ zoho }: Stack): Promise<number> {
  const doublings = (await zoho.faults()).filter(({ kind }) => kind === "callback_duplicate");
  return doublings.reduce((sum, { hits }) => sum + hits, 0);
}

/** A sale whose Deal is made, with whatever its making was told done with. */
export async function soldAndTold(
  stack: Stack,
  values: SaleValues = {},
): Promise<{ contract: Row; dealId: string }> {
  const { contract } = await sell(stack, values);
  const { id: dealId } = await settledDeal(stack, contract);
  const isTold = async () => (await stack.zoho.deliveries()).some(({ ids }) => ids.includes(dealId));
  await until(isTold, { what: "the Deal's making told" });
  // It may have been told while the drain that made it was still at work; then it would wait a minute for the sweep.
  await stack.sql`
    update public.zoho_webhook_events set status = 'echo' where record_ids @> array[${dealId}] and status = 'received'
  `;
  await quiet(stack, [{ contract, dealId }]);
  // Zoho's times count seconds: what the test does next must not be of the second of the making.
  await stack.zoho.advanceClock(2_000);
  return { contract, dealId };
}

let deals = 0;
export const nextDealId = () => `4876876000009${String(++deals).padStart(6, "0")}`;

/**
 * A contract whose Deal was confirmed at second 0 and of which nothing is queued: what a drain leaves behind, put
 * there by hand so that the test can say what Zoho held.
 */
export async function link(
  stack: Stack,
  values: { status?: string; stage?: string; snapshot?: Values; mapping?: Values } = {},
): Promise<Linked> {
  const { sql } = stack;
  const dealId = nextDealId();
  const quote = await insertQuote(sql);
  const contract = await insertContract(sql, quote.id, { status: values.status ?? "draft" });
  const snapshot = {
    Deal_Name: `Contract ${contract.contract_number}`,
    Contract_Number: contract.contract_number,
    Amount: 49476,
    Stage: values.stage ?? "Proposal/Price Quote",
    Closing_Date: "2026-12-01",
    Type: "New Business",
    KYC_Status: "Completed",
    KYC_Verified_Date: "2026-11-20",
    Risk_Tier: "Low",
    RICA_Status: "Approved",
    ...values.snapshot,
  };
  const mapping = {
    circletel_type: "contract",
    circletel_id: contract.id,
    zoho_type: "Deals",
    zoho_id: dealId,
    snapshot: sql.json(snapshot as postgres.JSONValue),
    zoho_modified_at: at(0),
    stage_modified_at: at(0),
    ...values.mapping,
  };
  await sql`insert into public.zoho_entity_mappings ${sql(mapping)}`;
  await sql`update public.contracts set zoho_deal_id = ${dealId} where id = ${contract.id}`;
  await sql`update public.zoho_sync_state set integration_user_id = ${integrationUser}`;
  await sql`delete from public.zoho_sync_queue where entity_id = ${contract.id}`;
  return { contract: await contractRow(stack, contract.id), dealId, snapshot };
}

/** Every table of ours as text, row by row. */
export async function dumpAll({ sql }: Stack, except: string[] = []): Promise<string> {
  const tables = await sql<{ name: string }[]>`
    select tablename::text as name from pg_catalog.pg_tables
    where schemaname = 'public' and tablename like 'zoho\_%' and tablename <> all (${except}) order by 1
  `;
  const lines: string[] = [];
  for (const { name } of tables) {
    const rows = await sql<{ row: string }[]>`
      select to_jsonb(t)::text as row from ${sql(`public.${name}`)} t order by 1
    `;
    lines.push(...rows.map(({ row }) => `${name} ${row}`));
  }
  return lines.join("\n");
}
