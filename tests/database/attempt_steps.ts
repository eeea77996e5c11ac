import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import { fold } from "../support/fold.ts";
import { rpc } from "./steps.ts";

export const OTHER_WORKER = crypto.randomUUID();

export function attemptAt(contractId: string) {
  return {
    id: crypto.randomUUID(),
    lease_type: "contract",
    lease_id: contractId,
    entity_type: "contract",
    entity_id: contractId,
    zoho_entity_type: "Deals",
    attempt_number: 1,
    request_payload: { Stage: "Closed Won" },
    cause: "contracts update",
  };
}

interface Recording {
  opened?: Record<string, unknown>[];
  closed?: Record<string, unknown>[];
}

export async function recordAttempts(
  sql: postgres.Sql,
  worker: string,
  { opened = [], closed = [] }: Recording,
) {
  return await rpc<string[]>(
    sql,
    (tx) =>
      tx`select zoho_record_attempts(${worker}, 60, ${JSON.stringify(opened)}::text::jsonb,
        ${JSON.stringify(closed)}::text::jsonb) as answer`,
  );
}

export async function changeOutcome(sql: postgres.Sql, id: string) {
  return await rpc<{ queued: { status: string } | null; mapping: unknown }>(
    sql,
    (tx) => tx`select zoho_change_outcome('contract', ${id}) as answer`,
  );
}

export async function attemptRows(sql: postgres.Sql) {
  const rows = await sql`
    select entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number, request_payload, response_payload,
      error_message, duration_ms, drain_id, cause, finished_at is not null as is_finished
    from zoho_sync_logs order by attempt_number`;
  return rows.map((row) => ({ ...row } as Record<string, unknown>));
}

export async function shortestLease(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ seconds: number }[]>`
    select extract(epoch from least(s.drain_until, q.lease_until) - now())::float as seconds
    from zoho_sync_state s, zoho_sync_queue q`;
  return row?.seconds ?? NaN;
}

export function stageWrite(contractId: string, revision: string) {
  return { ...attemptAt(contractId), revision, made_for: "active" };
}

export async function attemptOutcomes(sql: postgres.Sql) {
  const rows = await sql<
    { zoho_entity_type: string; outcome: string | null; revision: string | null; made_for: string | null }[]
  >`
    select zoho_entity_type, outcome, revision, made_for from zoho_sync_logs order by zoho_entity_type, revision`;
  return rows.map((row) => ({ ...row }));
}

interface ToldAttempt {
  sent: unknown;
  status: string;
  revision: string;
  outcome: string;
}

export async function lastAttempts(
  sql: postgres.Sql,
  id: string,
  revision: string | null,
): Promise<ToldAttempt[]> {
  const records = JSON.stringify([{ entity_type: "contract", entity_id: id, revision }]);
  const [answer] = await rpc<{ entity_id: string; attempts: ToldAttempt[] }[]>(
    sql,
    (tx) => tx`select zoho_attempts_of(${records}::text::jsonb) as answer`,
  );
  assertEquals(answer?.entity_id, id);
  return answer?.attempts ?? [];
}

/** As if the worker that holds the change had been gone for long. */
export async function loseLease(sql: postgres.Sql): Promise<void> {
  await fold(sql);
  await sql`update zoho_sync_queue set lease_until = now() - interval '1 second' where true`;
  await sql`update zoho_sync_state set drain_until = now() - interval '1 second' where id`;
}
