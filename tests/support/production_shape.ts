import type postgres from "postgres";

// CircleTel's production database as the migrations will meet it (circletel-schema.md): every table is there with more
// columns than we read, the checks, indexes and policies have names of their own, the grants are the wide ones of an
// older project, and the sync tables are those of the original service.

/** How the sync tables of version 20251103000001 came there. */
export type SyncTables = "recorded" | "unrecorded" | "absent";

export const ORIGINAL_VERSION = "20251103000001";

/**
 * As `postgres`, on a database without our migrations. Its objects carry the wide grants in any case; `privileges` says
 * whether a new object still gets them, which ends on 2026-10-30.
 */
export async function buildProduction(
  sql: postgres.Sql,
  syncTables: SyncTables,
  privileges: "old" | "new" = "old",
): Promise<void> {
  for (const part of productionParts(syncTables, privileges)) await sql.unsafe(part);
}

/** The statements that build it, in order. */
export function productionParts(syncTables: SyncTables, privileges: "old" | "new" = "old"): string[] {
  return [
    LEGACY_GRANTS,
    CORE_TABLES,
    CORE_TRIGGERS,
    CORE_POLICIES,
    CORE_ROWS,
    OWN_SCHEDULE,
    ...(syncTables === "absent" ? [] : [SYNC_TABLES, SYNC_ROWS]),
    ...(syncTables === "recorded" ? [RECORD] : []),
    ...(privileges === "new" ? [END_OF_LEGACY_GRANTS] : []),
  ];
}

// The default privileges of projects from before the autumn of 2026: everything to every role, functions too.
const LEGACY_GRANTS = `
  alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
  alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
  alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
`;

const END_OF_LEGACY_GRANTS = `
  alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
  alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
  alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
`;

/** A job of CircleTel's own; it is scheduled where pg_cron has been created. */
export const OWN_JOB = {
  jobname: "circletel-daily-billing",
  schedule: "15 4 * * *",
  command: "select public.call_daily_billing()",
  active: true,
  username: "postgres",
};

const OWN_SCHEDULE = `
  create function public.call_daily_billing() returns bigint language plpgsql as $$
    begin
      return net.http_post(url := 'https://circletel.example/functions/v1/daily-billing',
        body := '{"source": "cron"}'::jsonb, timeout_milliseconds := 5000);
    end $$;
  do $$ begin
    if exists (select from pg_extension where extname = 'pg_cron') then
      perform cron.schedule('${OWN_JOB.jobname}', '${OWN_JOB.schedule}', '${OWN_JOB.command}');
    end if;
  end $$;
`;

const CORE_TABLES = `
  create table public.admin_users (
    id uuid primary key, email text, full_name text, role text, department text, last_login timestamptz,
    is_active boolean default true);
  create table public.customers (
    id uuid primary key default gen_random_uuid(),
    first_name varchar(100) not null, last_name varchar(100) not null, email varchar(255) not null,
    phone varchar(20) not null, id_number varchar(20),
    account_number text unique, account_status text default 'active',
    account_type text constraint customers_known_account_type
      check (account_type in ('personal', 'business', 'internal_test')),
    business_name text, business_registration text, tax_number text, auth_user_id uuid,
    created_at timestamptz default now(), updated_at timestamptz default now());
  create type public.quote_status as enum (
    'draft', 'pending_approval', 'approved', 'sent', 'viewed', 'accepted', 'rejected', 'expired');
  create table public.business_quotes (
    id uuid primary key default gen_random_uuid(), quote_number text unique,
    customer_id uuid references public.customers (id) on delete set null,
    customer_type text constraint quotes_known_type check (customer_type in ('smme', 'enterprise', 'soho')),
    company_name text not null, registration_number text, vat_number text,
    contact_name text not null, contact_email text not null, contact_phone text not null,
    service_address text not null, status public.quote_status default 'draft',
    contract_term int check (contract_term in (12, 24, 36)),
    total_monthly numeric(10, 2), total_installation numeric(10, 2), valid_until date not null,
    accepted_at timestamptz, rejected_at timestamptz, expired_at timestamptz,
    version int not null default 1, digital_signature jsonb,
    created_by uuid references public.admin_users (id),
    created_at timestamptz default now(), updated_at timestamptz default now());
  create table public.business_quote_items (
    id uuid primary key default gen_random_uuid(),
    quote_id uuid references public.business_quotes (id) on delete cascade, package_id uuid,
    item_type text check (item_type in ('primary', 'secondary', 'additional')), quantity int,
    monthly_price numeric(10, 2), installation_price numeric(10, 2), service_name text, service_type text,
    product_category text, display_order int);
  create table public.kyc_sessions (
    id uuid primary key default gen_random_uuid(),
    quote_id uuid references public.business_quotes (id) on delete cascade, didit_session_id text unique not null,
    user_type text, verification_url text,
    status text constraint kyc_known_status
      check (status in ('not_started', 'in_progress', 'completed', 'abandoned', 'declined')),
    verification_result text check (verification_result in ('approved', 'declined', 'pending_review')),
    risk_tier text check (risk_tier in ('low', 'medium', 'high')),
    completed_at timestamptz, created_at timestamptz default now(),
    extracted_data jsonb, raw_webhook_payload jsonb);
  create table public.contracts (
    id uuid primary key default gen_random_uuid(), contract_number text unique not null,
    quote_id uuid not null references public.business_quotes (id) on delete restrict,
    customer_id uuid references public.customers (id) on delete set null,
    kyc_session_id uuid references public.kyc_sessions (id) on delete set null,
    contract_type text check (contract_type in ('fibre', 'wireless', 'hybrid')),
    contract_term_months int check (contract_term_months in (12, 24, 36)), start_date date, end_date date,
    monthly_recurring numeric(10, 2), once_off_fee numeric(10, 2), installation_fee numeric(10, 2),
    total_contract_value numeric(10, 2), fully_signed_date timestamptz,
    status text default 'draft' constraint contracts_known_status check (status in (
      'draft', 'pending_signature', 'partially_signed', 'fully_signed', 'active', 'expired', 'terminated')),
    contract_pdf_url text, zoho_deal_id text unique, last_synced_at timestamptz,
    created_at timestamptz default now(), updated_at timestamptz default now());
  create index idx_contracts_by_quote on public.contracts (quote_id);
  create table public.rica_submissions (
    id uuid primary key default gen_random_uuid(),
    kyc_session_id uuid references public.kyc_sessions (id) on delete set null, order_id uuid, iccid text[],
    submitted_data jsonb, submitted_by uuid,
    status text check (status in ('pending', 'submitted', 'approved', 'rejected')),
    icasa_tracking_id text, created_at timestamptz default now(), submitted_at timestamptz, approved_at timestamptz);
  create table public.customer_invoices (
    id uuid primary key default gen_random_uuid(), customer_id uuid not null references public.customers (id),
    contract_id uuid references public.contracts (id),
    invoice_number varchar, invoice_date date, due_date date, subtotal numeric(10, 2), tax_amount numeric(10, 2),
    total_amount numeric(10, 2), amount_paid numeric(10, 2), amount_due numeric(10, 2),
    status text check (status in ('draft', 'sent', 'paid', 'partial', 'overdue', 'cancelled', 'voided')),
    line_items jsonb, created_at timestamptz default now(), updated_at timestamptz default now());
`;

const CORE_TRIGGERS = `
  create function public.update_updated_at_column() returns trigger language plpgsql as $$
    begin new.updated_at = now(); return new; end $$;
  create trigger update_customers_updated_at before update on public.customers
    for each row execute function public.update_updated_at_column();
  create trigger update_contracts_updated_at before update on public.contracts
    for each row execute function public.update_updated_at_column();

  create function public.version_quote() returns trigger language plpgsql as $$
    begin new.version = old.version + 1; new.updated_at = now(); return new; end $$;
  create trigger version_business_quote before update on public.business_quotes
    for each row execute function public.version_quote();

  create function public.start_kyc_on_approval() returns trigger language plpgsql as $$
    begin
      if new.status = 'approved' and old.status is distinct from new.status then
        insert into public.kyc_sessions (quote_id, didit_session_id, status)
        values (new.id, 'pending_' || new.id, 'not_started');
      end if;
      return new;
    end $$;
  create trigger quote_approved after update on public.business_quotes
    for each row execute function public.start_kyc_on_approval();

  create sequence public.contract_number_seq start 41;
  create function public.generate_contract_number() returns trigger language plpgsql as $$
    begin
      if new.contract_number is null then
        new.contract_number := 'CT-2026-' || lpad(nextval('public.contract_number_seq')::text, 3, '0');
      end if;
      return new;
    end $$;
  create trigger set_contract_number before insert on public.contracts
    for each row execute function public.generate_contract_number();
`;

// There is no admin_users.status, so every caller of the helper gets an error.
const CORE_POLICIES = `
  create function public.user_is_admin() returns boolean language plpgsql security definer as $$
    begin return exists (select 1 from public.admin_users where id = auth.uid() and status = 'active'); end $$;
  alter table public.customers enable row level security;
  alter table public.business_quotes enable row level security;
  alter table public.kyc_sessions enable row level security;
  alter table public.contracts enable row level security;
  create policy "Admins can do everything" on public.contracts for all using (public.user_is_admin());
  create policy "Admins can manage quotes" on public.business_quotes for all using (public.user_is_admin());
  create policy "Customers see themselves" on public.customers for select using (auth_user_id = auth.uid());
  create policy "Service role KYC" on public.kyc_sessions for all to service_role using (true);
`;

export const CONTRACT_ID = "c0000000-0000-4000-8000-000000000001";
export const QUOTE_ID = "b0000000-0000-4000-8000-000000000001";

const CORE_ROWS = `
  insert into public.admin_users (id, email, role) values
    ('a0000000-0000-4000-8000-000000000001', 'sipho@circletel.example', 'super_admin');
  insert into public.customers (id, first_name, last_name, email, phone, account_type, account_number) values
    ('d0000000-0000-4000-8000-000000000001', 'Thandi', 'Nkosi', 'thandi@example.co.za', '+27820000000', 'business',
      'CT-00001');
  insert into public.business_quotes
    (id, quote_number, customer_id, customer_type, company_name, contact_name, contact_email, contact_phone,
     service_address, status, contract_term, valid_until, created_by) values
    ('${QUOTE_ID}', 'BQ-2026-001', 'd0000000-0000-4000-8000-000000000001', 'smme', 'Karoo Traders', 'Thandi Nkosi',
      'thandi@example.co.za', '+27820000000', '1 Long Street', 'sent', 24, '2026-12-31',
      'a0000000-0000-4000-8000-000000000001');
  insert into public.business_quote_items (quote_id, item_type, quantity, monthly_price, service_name, service_type)
    values ('${QUOTE_ID}', 'primary', 1, 1999, 'BizFibre Connect 100', 'fibre');
  insert into public.kyc_sessions (id, quote_id, didit_session_id, status, verification_result, risk_tier) values
    ('e0000000-0000-4000-8000-000000000001', '${QUOTE_ID}', 'didit_1', 'completed', 'approved', 'low');
  insert into public.contracts (id, quote_id, customer_id, contract_type, contract_term_months, zoho_deal_id) values
    ('${CONTRACT_ID}', '${QUOTE_ID}', 'd0000000-0000-4000-8000-000000000001', 'fibre', 24, '5000000000001');
  insert into public.rica_submissions (kyc_session_id, iccid, status) values
    ('e0000000-0000-4000-8000-000000000001', '{8927000001}', 'pending');
  insert into public.customer_invoices (customer_id, invoice_number, total_amount, status) values
    ('d0000000-0000-4000-8000-000000000001', 'INV-1', 1999, 'sent');
`;

// The original bodies name their tables without a schema and rely on the caller's search_path.
const SYNC_TABLES = `
  create table public.zoho_tokens (
    id uuid primary key default gen_random_uuid(), access_token text not null, refresh_token text not null,
    expires_at timestamptz not null, token_type text default 'Bearer', scope text,
    created_at timestamptz default now(), updated_at timestamptz default now());
  create unique index idx_zoho_tokens_single on public.zoho_tokens ((true));
  create table public.zoho_sync_logs (
    id uuid primary key default gen_random_uuid(),
    entity_type text not null constraint valid_entity check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
    entity_id uuid not null,
    zoho_entity_type text
      constraint valid_zoho_entity check (zoho_entity_type in ('Estimates', 'Deals', 'Invoices', 'Contacts')),
    zoho_entity_id text,
    status text not null constraint valid_status check (status in ('pending', 'success', 'failed', 'retrying')),
    attempt_number int constraint valid_attempt check (attempt_number >= 1 and attempt_number <= 3),
    error_message text, request_payload jsonb, response_payload jsonb, created_at timestamptz default now());
  create table public.zoho_entity_mappings (
    id uuid primary key default gen_random_uuid(),
    circletel_type text not null check (circletel_type in ('quote', 'contract', 'invoice', 'customer')),
    circletel_id uuid not null,
    zoho_type text not null check (zoho_type in ('Estimates', 'Deals', 'Invoices', 'Contacts')),
    zoho_id text not null, last_synced_at timestamptz default now(), created_at timestamptz default now(),
    constraint one_mapping_per_entity unique (circletel_type, circletel_id),
    constraint one_mapping_per_record unique (zoho_type, zoho_id));

  create function public.update_zoho_tokens_updated_at() returns trigger language plpgsql as $$
    begin new.updated_at = now(); return new; end $$;
  create trigger zoho_tokens_updated_at before update on public.zoho_tokens
    for each row execute function public.update_zoho_tokens_updated_at();
  create function public.update_zoho_mapping_last_synced() returns trigger language plpgsql as $$
    begin new.last_synced_at = now(); return new; end $$;
  create trigger zoho_mappings_last_synced before update on public.zoho_entity_mappings
    for each row execute function public.update_zoho_mapping_last_synced();

  create function public.get_zoho_id(p_type text, p_id uuid) returns text language plpgsql as $$
    begin return (select zoho_id from zoho_entity_mappings where circletel_type = p_type and circletel_id = p_id); end $$;
  create function public.get_circletel_id(p_type text, p_id text) returns uuid language plpgsql as $$
    begin return (select circletel_id from zoho_entity_mappings where zoho_type = p_type and zoho_id = p_id); end $$;
  create function public.is_entity_synced(p_type text, p_id uuid) returns boolean language plpgsql as $$
    begin return exists (select 1 from zoho_entity_mappings where circletel_type = p_type and circletel_id = p_id); end $$;

  alter table public.zoho_tokens enable row level security;
  alter table public.zoho_sync_logs enable row level security;
  alter table public.zoho_entity_mappings enable row level security;
  create policy "Admins can view tokens" on public.zoho_tokens for select using (public.user_is_admin());
  create policy "Admins can view logs" on public.zoho_sync_logs for select using (public.user_is_admin());
  create policy "Service role can insert logs" on public.zoho_sync_logs for insert with check (true);
  create policy "Service role can insert mappings" on public.zoho_entity_mappings for insert with check (true);
  create policy "Service role can update mappings" on public.zoho_entity_mappings for update using (true);
`;

const SYNC_ROWS = `
  insert into public.zoho_tokens (access_token, refresh_token, expires_at) values
    ('1000.plain-access', '1000.plain-refresh', '2026-01-01T00:00:00Z');
  insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id) values
    ('contract', '${CONTRACT_ID}', 'Deals', '5000000000001');
  insert into public.zoho_sync_logs (entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number)
    values ('contract', '${CONTRACT_ID}', 'Deals', '5000000000001', 'success', 1);
`;

const RECORD = `
  create schema if not exists supabase_migrations;
  create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
  insert into supabase_migrations.schema_migrations (version, name)
    values ('${ORIGINAL_VERSION}', 'create_zoho_sync_system');
`;
