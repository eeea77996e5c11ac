import type postgres from "postgres";
import { insertBusiness } from "../support/fixtures.ts";
import { DEAL, emptyQueue, linkContract, type ResultInput, rpc } from "./steps.ts";

export const base = { Stage: "Negotiation/Review", Amount: 1200.5, Account_Name: { id: "501" } };

export interface Told {
  id?: string;
  module?: string;
  operation?: "insert" | "update" | "delete";
  source?: "signed" | "notification" | "poll";
  values?: Record<string, unknown> | null;
  oursOnly?: boolean;
}

interface Received {
  event_id: string;
  status: string;
  reason: string | null;
  hints: number;
}

export function receive(sql: postgres.Sql, told: Told = {}): Promise<Received | null> {
  const { id = DEAL, values = null, ...rest } = told;
  const at = "2026-11-20T08:00:00Z";
  const record = { id, modified_at: at, modified_by: "7", told: { Stage: "Closed Won" }, values };
  return receiveRecords(sql, [record], rest);
}

export function receiveRecords(
  sql: postgres.Sql,
  records: unknown[],
  told: Told = {},
): Promise<Received | null> {
  const { module = "Deals", operation = "update", source = "signed", oursOnly = false } = told;
  return rpc(
    sql,
    (tx) =>
      tx`select public.zoho_receive_hint(${source}, ${module}, ${operation}, ${"a".repeat(64)},
        ${JSON.stringify(records)}::text::jsonb, ${oursOnly}) as answer`,
  );
}

interface Hint {
  record_id: string;
  status: string;
  reason: string | null;
  told: unknown;
  modified_by: string | null;
  is_dated: boolean;
  is_closed: boolean;
  entity_id: string | null;
}

export async function hints(sql: postgres.Sql): Promise<Hint[]> {
  const rows = await sql<Hint[]>`
    select record_id, status, reason, told, modified_by, modified_at is not null as is_dated,
      applied_at is not null as is_closed, entity_id
    from zoho_webhook_events order by seq`;
  return rows.map((row) => ({ ...row }));
}

export const statuses = async (sql: postgres.Sql) => (await hints(sql)).map(({ status }) => status);

/** A contract in step with its Deal, and nothing queued. */
export async function insertInStep(sql: postgres.Sql, dealId = DEAL): Promise<string> {
  const { contract } = await insertBusiness(sql);
  await linkContract(sql, contract.id, dealId, base);
  await emptyQueue(sql);
  return contract.id;
}

export function seen(result: ResultInput, outcome: string): ResultInput {
  return { ...result, seen: { outcome, reason: `it was ${outcome}`, details: { by: "7" } } };
}
