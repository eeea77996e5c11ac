import type postgres from "postgres";
import { type Installation, installationRows, recordsOf } from "../../support/scale/installation.ts";
import { inParts } from "./progress.ts";

/** An installation after its first years, by set-based inserts: CircleTel's rows, and those of the sync in their usual shape. */
export async function fillInstallation(sql: postgres.Sql, size: Installation): Promise<void> {
  const rows = installationRows(size);
  const { contracts, customers, quotes, invoices } = size;
  const parts: [string, number, (from: number, to: number) => Promise<unknown>][] = [
    ["customers", customers, (from, to) => insertCustomers(sql, from, to)],
    ["quotes", quotes, (from, to) => insertQuotes(sql, from, to, customers)],
    ["contracts", contracts, (from, to) => insertContracts(sql, from, to, customers, quotes)],
    ["invoices", invoices, (from, to) => insertInvoices(sql, from, to, customers)],
    ["settled", contracts, (from, to) => settleAgain(sql, from, to)],
    ["accounts", rows.zoho_accounts, (from, to) => insertAccounts(sql, from, to)],
    [
      "attempts",
      rows.zoho_sync_logs,
      (from, to) => insertAttempts(sql, from, to, rows.zoho_sync_logs, contracts),
    ],
    [
      "events",
      rows.zoho_webhook_events,
      (from, to) => insertEvents(sql, from, to, rows.zoho_webhook_events, contracts),
    ],
    [
      "questions",
      rows.zoho_questions,
      (from, to) => insertQuestions(sql, from, to, rows.zoho_questions, contracts),
    ],
    ["waits", rows.settled_waits, (from, to) => insertWaits(sql, from, to, rows.settled_waits)],
  ];
  // Rows that were there before the sync's triggers: nothing is noted of them.
  await noted(sql, false);
  for (const [name, count, insert] of parts) await inParts(sql, name, count, insert);
  await noted(sql, true);
  // As the schedule fills it; a step for each kind ends it.
  const steps = Math.ceil(recordsOf(size) / perSearchStep) + 4;
  await inParts(sql, "search", steps, async (from, to) => {
    for (let step = from; step <= to; step++) await sql`select zoho_sync.walk_search(${perSearchStep})`;
  }, 20);
  await inParts(sql, "vacuum", 1, () => sql`vacuum (analyze)`);
}

const perSearchStep = 1_000;

async function noted(sql: postgres.Sql, isNoted: boolean): Promise<void> {
  const tables = [
    "customers",
    "business_quotes",
    "business_quote_items",
    "kyc_sessions",
    "rica_submissions",
    "contracts",
    "customer_invoices",
    "zoho_entity_mappings",
  ];
  for (const table of tables) {
    await sql.unsafe(`alter table public.${table} ${isNoted ? "enable" : "disable"} trigger user`);
  }
}

function insertCustomers(sql: postgres.Sql, from: number, to: number) {
  return sql`
    with made as (
      insert into public.customers (id, first_name, last_name, email, phone, account_type, business_name,
        updated_at)
      select md5('customer ' || n)::uuid, 'Thandi', 'Nkosi ' || n, 'thandi.' || n || '@example.co.za', '+27 82 000 0000',
        'business', substr(md5('company ' || n), 1, 8) || ' Traders ' || n, now() - interval '3 days'
      from generate_series(${from}::int, ${to}::int) n)
    insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id, snapshot,
      zoho_modified_at, last_synced_at)
    select 'customer', md5('customer ' || n)::uuid, 'Contacts', (6605992000100000000 + n)::text,
      jsonb_build_object('First_Name', 'Thandi', 'Last_Name', 'Nkosi ' || n, 'Email', 'thandi.' || n || '@example.co.za',
        'Customer_Reference', md5('customer ' || n)::uuid), now(), now() - interval '3 days'
    from generate_series(${from}::int, ${to}::int) n`;
}

function insertQuotes(sql: postgres.Sql, from: number, to: number, customers: number) {
  return sql`
    with numbers as (
      select n, (n - 1) % ${customers}::int + 1 as customer from generate_series(${from}::int, ${to}::int) n),
    made as (
      insert into public.business_quotes (id, quote_number, customer_id, customer_type, company_name, contact_name,
        contact_email, contact_phone, service_address, status, total_monthly, total_installation, valid_until, created_at,
        updated_at)
      select md5('quote ' || n)::uuid, 'BQ-2026-' || lpad(n::text, 7, '0'), md5('customer ' || customer)::uuid, 'smme',
        substr(md5('company ' || customer), 1, 8) || ' Traders ' || customer, 'Thandi',
        'thandi.' || customer || '@example.co.za', '+27 82 000 0000', '1 Long Street, Cape Town', 'accepted', 1999, 1500,
        '2026-12-31', now() - n * interval '20 seconds', now() - interval '3 days'
      from numbers),
    items as (
      insert into public.business_quote_items (quote_id, item_type, monthly_price, installation_price, service_name,
        service_type)
      select md5('quote ' || n)::uuid, 'primary', 1999, 1500, 'BizFibre Connect 100', 'fibre' from numbers),
    sessions as (
      insert into public.kyc_sessions (id, quote_id, didit_session_id, status, verification_result, risk_tier, completed_at)
      select md5('kyc ' || n)::uuid, md5('quote ' || n)::uuid, 'didit-' || n, 'completed', 'approved', 'low', now()
      from numbers),
    submissions as (
      insert into public.rica_submissions (kyc_session_id, status)
      select md5('kyc ' || n)::uuid, 'approved' from numbers)
    insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id, snapshot,
      zoho_modified_at, last_synced_at)
    select 'quote', md5('quote ' || n)::uuid, 'Estimates', (6605992000200000000 + n)::text,
      jsonb_build_object('Subject', 'Quote BQ-2026-' || lpad(n::text, 7, '0'),
        'Quote_Reference', 'BQ-2026-' || lpad(n::text, 7, '0'), 'KYC_Status', 'Completed', 'Valid_Till', '2026-12-31',
        'Quote_Stage', 'Closed Won', 'Account_Name', jsonb_build_object('id', (6605992000300000000 + customer)::text),
        'Contact_Name', jsonb_build_object('id', (6605992000100000000 + customer)::text),
        'Quoted_Items', '[["6605992000003001307",1,1999,"per month, 24 months"],["6605992000003001310",1,1500,"once-off"]]'),
      now(), now() - interval '3 days'
    from numbers`;
}

function insertContracts(sql: postgres.Sql, from: number, to: number, customers: number, quotes: number) {
  return sql`
    with numbers as (
      select n, (n - 1) % ${quotes}::int + 1 as quote, (n - 1) % ${customers}::int + 1 as customer
      from generate_series(${from}::int, ${to}::int) n),
    made as (
      insert into public.contracts (id, contract_number, quote_id, customer_id, kyc_session_id, contract_type,
        contract_term_months, start_date, total_contract_value, status, zoho_deal_id, last_synced_at, created_at, updated_at)
      select md5('contract ' || n)::uuid, 'CT-2026-' || lpad(n::text, 7, '0'), md5('quote ' || quote)::uuid,
        md5('customer ' || customer)::uuid, md5('kyc ' || quote)::uuid, 'fibre', 24, '2026-12-01', 1000 + n % 100000, 'active',
        (6605992000400000000 + n)::text, now() - interval '3 days', now() - n * interval '20 seconds',
        now() - interval '3 days' - n * interval '20 seconds'
      from numbers)
    insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id, snapshot, agreed_status,
      revision, zoho_modified_at, last_synced_at)
    select 'contract', md5('contract ' || n)::uuid, 'Deals', (6605992000400000000 + n)::text,
      jsonb_build_object('Deal_Name', 'Contract CT-2026-' || lpad(n::text, 7, '0'),
        'Contract_Number', 'CT-2026-' || lpad(n::text, 7, '0'), 'Amount', 1000 + n % 100000, 'Stage', 'Closed Won',
        'Closing_Date', '2026-12-01', 'Type', 'New Business', 'KYC_Status', 'Completed', 'KYC_Verified_Date', '2026-11-20',
        'Risk_Tier', 'Low', 'RICA_Status', 'Approved', 'Contract_Signed_Date', null,
        'Account_Name', jsonb_build_object('id', (6605992000300000000 + customer)::text),
        'Contact_Name', jsonb_build_object('id', (6605992000100000000 + customer)::text)),
      'active', (5855210000000000 + n)::text, now(), now() - interval '3 days'
    from numbers`;
}

function insertInvoices(sql: postgres.Sql, from: number, to: number, customers: number) {
  return sql`
    with numbers as (
      select n, (n - 1) % ${customers}::int + 1 as customer from generate_series(${from}::int, ${to}::int) n),
    made as (
      insert into public.customer_invoices (id, customer_id, invoice_number, invoice_date, due_date, total_amount, status,
        updated_at)
      select md5('invoice ' || n)::uuid, md5('customer ' || customer)::uuid, 'INV-2026-' || lpad(n::text, 8, '0'),
        '2026-11-01', '2026-12-01', 1150, 'sent', now() - interval '3 days'
      from numbers)
    insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id, snapshot,
      zoho_modified_at, last_synced_at)
    select 'invoice', md5('invoice ' || n)::uuid, 'Invoices', (6605992000500000000 + n)::text,
      jsonb_build_object('Subject', 'Invoice INV-2026-' || lpad(n::text, 8, '0'),
        'Invoice_Reference', 'INV-2026-' || lpad(n::text, 8, '0'), 'Status', 'Delivered', 'Invoice_Date', '2026-11-01',
        'Due_Date', '2026-12-01', 'Invoiced_Items', '[["6605992000003001319",1,1150,"invoice total"]]',
        'Account_Name', jsonb_build_object('id', (6605992000300000000 + customer)::text),
        'Contact_Name', jsonb_build_object('id', (6605992000100000000 + customer)::text)), now(), now() - interval '3 days'
    from numbers`;
}

/**
 * Seven of ten contracts settled once more: a fifth of all mappings, after which autovacuum comes for their old versions. The
 * table has the size that it keeps.
 */
function settleAgain(sql: postgres.Sql, from: number, to: number) {
  return sql`
    update public.zoho_entity_mappings m set zoho_modified_at = now() - interval '3 days'
    from generate_series(${from}::int, ${to}::int) n
    where n % 10 < 7 and m.circletel_type = 'contract' and m.circletel_id = md5('contract ' || n)::uuid`;
}

function insertAccounts(sql: postgres.Sql, from: number, to: number) {
  return sql`
    with companies as (
      select n, substr(md5('company ' || n), 1, 8) || ' traders ' || n as name
      from generate_series(${from}::int, ${to}::int) n),
    made as (
      insert into public.zoho_accounts (account_key, zoho_id, matched_by)
      select 'company:' || name, (6605992000300000000 + n)::text, 'created' from companies)
    insert into zoho_sync.account_names (account_key, normalised_name) select 'company:' || name, name from companies`;
}

/** A year and a month of them, evenly; one in a hundred has failed, and one in two carries a revision. */
function insertAttempts(sql: postgres.Sql, from: number, to: number, all: number, contracts: number) {
  return sql`
    insert into public.zoho_sync_logs (entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number,
      error_message, request_payload, response_payload, duration_ms, created_at, finished_at, drain_id, cause, revision,
      made_for, outcome)
    select 'contract', md5('contract ' || c.n)::uuid, 'Deals', (6605992000400000000 + c.n)::text,
      case when i % 100 = 0 then 'failed' else 'success' end, 1,
      case when i % 100 = 0 then 'INVALID_DATA (Amount): Zoho refused the value of this field.' end,
      case when i % 2 = 0 then jsonb_build_object('Amount', 1000 + i % 100000, 'Stage', 'Closed Won', 'CircleTel_Revision',
        (5855210000000000 + i)::text) else jsonb_build_object('KYC_Status', 'Completed', 'Risk_Tier', 'Low') end,
      jsonb_build_object('id', (6605992000400000000 + c.n)::text, 'code', 'SUCCESS', 'action', 'update',
        'Modified_Time', '2026-11-20T10:00:00+02:00'),
      120, t.at, t.at + interval '120 ms', md5('drain ' || i / 3)::uuid, 'contracts update',
      case when i % 2 = 0 then (5855210000000000 + i)::text end, case when i % 2 = 0 then 'active' end,
      case when i % 100 = 0 then 'refused' else 'confirmed' end
    from generate_series(${from}::int, ${to}::int) i
    cross join lateral (select (i * 7919::bigint % ${contracts}::int + 1)::int as n) c
    cross join lateral (
      select now() - interval '1 hour' - interval '394 days' * (1 - i / ${all}::float8) as at) t`;
}

/** Ninety days of them: two of three are echoes of our own writes. */
function insertEvents(sql: postgres.Sql, from: number, to: number, all: number, contracts: number) {
  return sql`
    insert into public.zoho_webhook_events (received_at, source, module, operation, record_id, digest, modified_at,
      modified_by, told, status, applied_at, entity_type, entity_id)
    select t.at, 'signed', 'Deals', 'update', (6605992000400000000 + c.n)::text,
      md5('a' || i) || md5('b' || i), t.at, '6605992000000401001',
      '{"Stage": "Closed Won", "Amount": 5000, "Risk_Tier": "Low", "KYC_Status": "Completed", "RICA_Status": "Approved", "Closing_Date": "2026-12-01"}',
      case when i % 3 <> 0 then 'nothing_new' when i % 30 = 0 then 'put_back' else 'applied' end, t.at, 'contract',
      md5('contract ' || c.n)::uuid
    from generate_series(${from}::int, ${to}::int) i
    cross join lateral (select (i * 7919::bigint % ${contracts}::int + 1)::int as n) c
    cross join lateral (
      select now() - interval '1 hour' - interval '89 days' * (1 - i / ${all}::float8) as at) t`;
}

/** Answered but for the newest few. */
function insertQuestions(sql: postgres.Sql, from: number, to: number, all: number, contracts: number) {
  return sql`
    insert into public.zoho_questions (kind, entity_type, entity_id, field, ours, theirs, asks, answers, shown, changed_by,
      changed_at, asked_at, answer, answered_at, answered_by, closed_at, closed_because)
    select 'unsigned', 'contract', md5('contract ' || i % ${contracts}::int + 1)::uuid, 'Stage', '"active"',
      '"Negotiation/Review"', 'draft', '{take,keep}', '{"Stage": "Negotiation/Review", "revision": "5855210000000001"}',
      'Nomsa Dlamini', '2026-11-20T10:00:00+02:00', t.at, o.answer, o.at, o.by, o.at, o.because
    from generate_series(${from}::int, ${to}::int) i
    cross join lateral (select now() - interval '394 days' * (1 - i / ${all}::float8) as at) t
    cross join lateral (select case when i < ${all}::int - 20 then 'keep' end as answer,
      case when i < ${all}::int - 20 then t.at end as at, case when i < ${all}::int - 20 then 'secret key' end as by,
      case when i < ${all}::int - 20 then 'answered' end as because) o
    on conflict do nothing`;
}

function insertWaits(sql: postgres.Sql, from: number, to: number, all: number) {
  return sql`
    insert into zoho_sync.settled_waits (at, settled, waits_ms)
    select now() - interval '8 days' * (1 - i / ${all}::float8), 1, array[300 + i % 2000]
    from generate_series(${from}::int, ${to}::int) i`;
}
