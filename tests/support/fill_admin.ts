import type postgres from "postgres";
import { insertQuote } from "./fixtures.ts";
import { fillTo } from "./fill.ts";
import { fold } from "./fold.ts";

export interface AdminSize {
  /** Contracts, and mappings. */
  contracts: number;
  logs: number;
  /** Of the log, within the last 24 h. */
  recent: number;
  /** Waiting in the queue; one in fifty is a dead letter, of ten causes. */
  queued: number;
  events: number;
}

/** As the installation may look after some years; the goals of the pages are meant for it. */
export const yearsOfWork: AdminSize = {
  contracts: 100_000,
  logs: 1_000_000,
  recent: 50_000,
  queued: 100_000,
  events: 300_000,
};

/** Everything that operators look at, as years of work and a backfill under way leave it. */
export async function fillForOperators(sql: postgres.Sql, size: AdminSize): Promise<void> {
  const quote = await insertQuote(sql);
  await sql`
    insert into public.contracts (id, contract_number, quote_id, contract_type, contract_term_months, start_date,
      total_contract_value)
    select md5('contract ' || n)::uuid, 'CT-2026-' || n, ${quote.id}, 'fibre', 24, '2026-12-01', 1000 + n
    from generate_series(1, ${size.contracts}::int) n`;
  await fold(sql);
  await sql`delete from public.zoho_sync_queue where true`;
  await fillTo(sql, size.logs, size.contracts);
  await fillDay(sql, size.recent);
  await fillQueue(sql, size.queued);
  await fillEvents(sql, size.events, size.contracts);
  await fillRest(sql);
  for (
    const table of [
      "zoho_sync_logs",
      "zoho_entity_mappings",
      "contracts",
      "zoho_sync_queue",
      "zoho_webhook_events",
      "zoho_notices",
      "zoho_admin_actions",
    ]
  ) await sql.unsafe(`vacuum (analyze) public.${table}`);
  await sql`vacuum (analyze) zoho_sync.settled_waits`;
}

/** The newest attempts, and the settlements of their changes in batches of ten. */
async function fillDay(sql: postgres.Sql, recent: number): Promise<void> {
  await sql`
    insert into public.zoho_sync_logs (entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number,
      error_message, request_payload, response_payload, duration_ms, created_at, finished_at, drain_id, cause)
    select 'contract', md5('contract ' || n)::uuid, 'Deals', (5000000000000 + n)::text,
      case when n % 100 = 0 then 'failed' else 'success' end, 1, null, jsonb_build_object('Amount', 1000 + n),
      jsonb_build_object('id', (5000000000000 + n)::text, 'code', 'SUCCESS', 'action', 'update'),
      120, t.at, t.at + interval '120 ms', md5('drain of today ' || n / 50)::uuid, 'contracts update'
    from generate_series(1, ${recent}::int) n
    cross join lateral (select now() - interval '24 hours' * (1 - n / ${recent}::float8) as at) t`;
  await sql`
    insert into zoho_sync.settled_waits (at, settled, waits_ms)
    select now() - interval '24 hours' * (1 - n / (${recent}::float8 / 10)), 10,
      array(select (300 + 2000 * random())::integer from generate_series(1, 10) i where i + n > 0)
    from generate_series(1, ${recent}::int / 10) n`;
  // As the hourly job left them: it works whole hours, and this is the state between two of its runs.
  await sql`select zoho_sync.roll_hours()`;
}

async function fillQueue(sql: postgres.Sql, queued: number): Promise<void> {
  await sql`
    insert into public.zoho_sync_queue (entity_type, entity_id, lane, status, failed_rounds, cause, error_code, error_field,
      error_message, enqueued_at, next_attempt_at)
    select 'contract', md5('contract ' || n)::uuid, case when n % 10 = 0 then n / 10 % 2 else 2 end,
      case when n % 50 = 0 then 'dead' else 'pending' end, case when n % 50 = 0 then 1 else 0 end, 'backfill',
      case when n % 50 = 0 then (array['INVALID_DATA', 'MANDATORY_NOT_FOUND', 'RECORD_TAKEN', 'BAD_SOURCE',
        'DEPENDENT_MISMATCH'])[1 + n / 50 % 5] end,
      case when n % 50 = 0 then (array['KYC_Status', 'Stage'])[1 + n / 250 % 2] end, null,
      now() - interval '10 hours' + n * interval '100 ms', now() + interval '1 day'
    from generate_series(1, ${queued}::int) n`;
}

async function fillEvents(sql: postgres.Sql, events: number, contracts: number): Promise<void> {
  await sql`
    insert into public.zoho_webhook_events (received_at, source, module, operation, record_id, digest, told, status,
      applied_at, entity_type, entity_id)
    select t.at, 'signed', case when n % 20 = 0 then 'Contacts' else 'Deals' end, 'update',
      (5000000000000 + n % ${contracts}::int)::text, md5(n::text) || md5(n::text), '{"Stage": "Closed Won"}',
      (array['applied', 'nothing_new', 'put_back', 'unmapped', 'ignored'])[1 + n % 5], t.at,
      case when n % 20 <> 0 then 'contract' end,
      case when n % 20 <> 0 then md5('contract ' || n % ${contracts}::int)::uuid end
    from generate_series(1, ${events}::int) n
    cross join lateral (select now() - interval '89 days' * (1 - n / ${events}::float8) as at) t`;
  await sql`
    update public.zoho_webhook_events set status = 'failed' where seq % 5000 = 0`;
}

async function fillRest(sql: postgres.Sql): Promise<void> {
  await sql`
    insert into public.zoho_notices (kind, entity_type, entity_id, message, acknowledged_at)
    select 'orphaned', 'contract', md5('contract ' || n)::uuid, 'a notice', case when n > 500 then now() end
    from generate_series(1, 5000) n`;
  await sql`
    insert into public.zoho_admin_actions (actor, action, details)
    select 'secret key', 'force sync', jsonb_build_object('entityType', 'contract', 'id', md5('contract ' || n)::uuid)
    from generate_series(1, 20000) n`;
  await sql`
    insert into public.zoho_credit_ledger (quarter, lane, credits, calls)
    select date_bin('15 minutes', now(), '2000-01-01') - q * interval '15 minutes', lane, 40, 20
    from generate_series(0, 95) q, generate_series(0, 2) lane on conflict do nothing`;
}

/** Every contract can be found, as the schedule's runs leave it. */
export async function fillSearch(
  sql: postgres.Sql,
  onRun: (tookMs: number) => void = () => {},
): Promise<void> {
  let isLeft = true;
  while (isLeft) {
    const startedAtMs = performance.now();
    await sql`select zoho_sync.keep_search()`;
    onRun(performance.now() - startedAtMs);
    const [left] = await sql<{ any: boolean }[]>`
      select exists (select from zoho_sync.search_due) or exists (
        select from zoho_sync.record_types() t left join zoho_sync.search_walk w using (entity_type)
        where w.ended_at is null) as any`;
    isLeft = left?.any ?? false;
  }
  await sql`vacuum (analyze) zoho_sync.search_entries`;
}
