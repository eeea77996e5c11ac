import type postgres from "postgres";

// The three steps of a drain as SQL, for what they cost by themselves.

export const perClaim = 100;
/** One drain that goes on and on: another one would wait for its lease. */
const worker = crypto.randomUUID();

interface Claimed {
  entity_id: string;
  version: number;
  mapping: { zoho_id: string };
}

export async function claimPage(sql: postgres.Sql): Promise<Claimed[]> {
  const [row] = await sql<{ answer: { changes: Claimed[] } }[]>`
    select public.zoho_claim_changes(${worker}, ${perClaim}, 45) as answer`;
  const changes = row?.answer.changes ?? [];
  if (changes.length !== perClaim) throw new Error(`${changes.length} changes were claimed, not ${perClaim}`);
  return changes;
}

export type Work = Record<"opened" | "closed" | "results", string>;

/** What a drain would hand over for the claimed changes. */
export function plan(changes: Claimed[]): Work {
  const opened = changes.map(({ entity_id, mapping }) => ({
    id: crypto.randomUUID(),
    lease_type: "contract",
    lease_id: entity_id,
    entity_type: "contract",
    entity_id,
    zoho_entity_type: "Deals",
    zoho_entity_id: mapping.zoho_id,
    attempt_number: 1,
    request_payload: { Amount: 1001 },
    cause: "contracts update",
  }));
  const closed = opened.map(({ id, zoho_entity_id }) => ({
    id,
    status: "success",
    zoho_entity_id,
    response_payload: { code: "SUCCESS", action: "update", id: zoho_entity_id },
    duration_ms: 120,
  }));
  const results = changes.map(({ entity_id, version, mapping }) => ({
    entity_type: "contract",
    entity_id,
    version,
    outcome: "done",
    record: {
      zoho_type: "Deals",
      zoho_id: mapping.zoho_id,
      fields: { Amount: 1001 },
      loops: {},
      modified_at: "2026-11-20T10:00:00+02:00",
      modified_by: "1",
    },
  }));
  return {
    opened: JSON.stringify(opened),
    closed: JSON.stringify(closed),
    results: JSON.stringify(results),
  };
}

export async function record(sql: postgres.Sql, { opened }: Work): Promise<void> {
  await sql`select public.zoho_record_attempts(${worker}, 45, ${opened}::text::jsonb)`;
}

export async function settlePage(sql: postgres.Sql, { results, closed }: Work): Promise<void> {
  const [row] = await sql<{ answer: { settled: number } }[]>`
    select public.zoho_settle_changes(${worker}, ${results}::text::jsonb, '[]', '[]', ${closed}::text::jsonb,
      '[{"lane": 0, "credits": 10, "calls": 1}]') as answer`;
  if (row?.answer.settled !== perClaim) throw new Error(`${row?.answer.settled} changes were settled`);
}
