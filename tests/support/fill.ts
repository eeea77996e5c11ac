import type postgres from "postgres";

/**
 * Brings the log to `rows`, and the mappings to as many by default, by set-based inserts: nine of ten are contracts with their Deals, the others
 * customers with their Contacts; the attempts are spread over a year, one in a thousand has failed.
 */
export async function fillTo(sql: postgres.Sql, rows: number, mappings = rows): Promise<void> {
  const [before] = await sql<{ mappings: number; logs: number }[]>`
    select (select count(*)::int from public.zoho_entity_mappings) as mappings,
      (select count(*)::int from public.zoho_sync_logs) as logs`;
  await fillMappings(sql, before?.mappings ?? 0, mappings);
  await fillLogs(sql, before?.logs ?? 0, rows);
  // Otherwise autovacuum comes in the middle of what is measured.
  await sql`vacuum (analyze) public.zoho_entity_mappings`;
  await sql`vacuum (analyze) public.zoho_sync_logs`;
  await sql`vacuum (analyze) public.contracts`;
  await sql`vacuum (analyze) public.zoho_sync_queue`;
}

async function fillMappings(sql: postgres.Sql, from: number, to: number): Promise<void> {
  await sql`
    insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id, snapshot,
      agreed_status, zoho_modified_at)
    select 'contract', md5('contract ' || n)::uuid, 'Deals', (5000000000000 + n)::text,
      jsonb_build_object('Deal_Name', 'Contract CT-2026-' || n, 'Contract_Number', 'CT-2026-' || n, 'Amount', 1000 + n,
        'Stage', 'Negotiation/Review', 'Closing_Date', '2026-12-01', 'Type', 'New Business',
        'Account_Name', jsonb_build_object('id', '7000000000000'), 'Contact_Name', jsonb_build_object('id', '8000000000000'),
        'KYC_Status', 'Completed', 'KYC_Verified_Date', '2026-11-20', 'Risk_Tier', 'Low', 'RICA_Status', 'Approved',
        'Contract_Signed_Date', null),
      'pending_signature', now()
    from generate_series(${from + 1}::int, ${to}::int) n where n % 10 <> 0
    union all
    select 'customer', md5('customer ' || n)::uuid, 'Contacts', (8000000000000 + n)::text,
      jsonb_build_object('First_Name', 'Thandi', 'Last_Name', 'Nkosi ' || n, 'Email', 'thandi.' || n || '@example.co.za'),
      null, now()
    from generate_series(${from + 1}::int, ${to}::int) n where n % 10 = 0`;
}

async function fillLogs(sql: postgres.Sql, from: number, to: number): Promise<void> {
  await sql`
    insert into public.zoho_sync_logs (entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number,
      error_message, request_payload, response_payload, duration_ms, created_at, finished_at, drain_id, cause)
    select 'contract', md5('contract ' || n % greatest(1, ${to}::int / 5))::uuid, 'Deals', (5000000000000 + n)::text,
      case when n % 1000 = 0 then 'failed' else 'success' end, 1,
      case when n % 1000 = 0 then 'INVALID_DATA (Amount): Zoho refused the value of this field.' end,
      jsonb_build_object('Amount', 1000 + n),
      jsonb_build_object('id', (5000000000000 + n)::text, 'code', 'SUCCESS', 'action', 'update',
        'Modified_Time', '2026-11-20T10:00:00+02:00'),
      120, t.at, t.at + interval '120 ms', md5('drain ' || n / 400)::uuid, 'contracts update'
    from generate_series(${from + 1}::int, ${to}::int) n
    cross join lateral (
      select now() - interval '1 hour' - interval '360 days' * (1 - n / ${to}::float8) as at) t`;
}

/** Attempts that are past their thirteen months. */
export async function insertOldLogs(sql: postgres.Sql, rows: number): Promise<void> {
  await sql`
    insert into public.zoho_sync_logs (entity_type, entity_id, zoho_entity_type, status, attempt_number,
      request_payload, created_at)
    select 'contract', md5('contract ' || n)::uuid, 'Deals', 'success', 1, '{"Amount": 1}',
      now() - interval '14 months' - n * interval '1 second'
    from generate_series(1, ${rows}::int) n`;
}
