-- CircleTel's own tables, as far as the sync reads them.
--
-- On an empty database (local, CI, a new adopter) this file creates them. Where a table already exists, as it
-- does in CircleTel's production project with more columns, triggers and policies, it is left exactly as it is:
-- no column, policy, grant or trigger of an existing table is touched here.

-- What is ours and not meant for the Data API lives in this schema; never add it to [api].schemas.
create schema if not exists zoho_sync;
revoke all on schema zoho_sync from public;
grant usage on schema zoho_sync to authenticated, service_role;

do $$
begin
  if to_regclass('public.admin_users') is not null then return; end if;

  create table public.admin_users (
    id uuid primary key,
    email text not null,
    full_name text,
    role text not null default 'admin',
    is_active boolean not null default true,
    created_at timestamptz not null default now()
  );
  alter table public.admin_users enable row level security;
  grant select on public.admin_users to authenticated;
  grant select, insert, update, delete on public.admin_users to service_role;
  create policy "an admin sees the own row" on public.admin_users
    for select to authenticated using (id = (select auth.uid()));
end $$;

-- Production's own user_is_admin() reads a column that does not exist and raises; this one reads is_active.
-- Security definer because an admin's own row may be hidden from them by policies we do not know.
create or replace function zoho_sync.is_active_admin() returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from public.admin_users a where a.id = auth.uid() and a.is_active
  );
$$;
revoke all on function zoho_sync.is_active_admin() from public;
grant execute on function zoho_sync.is_active_admin() to authenticated, service_role;

create or replace function zoho_sync.touch_updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end $$;
revoke all on function zoho_sync.touch_updated_at() from public;

do $$
begin
  if to_regtype('public.quote_status') is not null then return; end if;
  create type public.quote_status as enum (
    'draft', 'pending_approval', 'approved', 'sent', 'viewed', 'accepted', 'rejected', 'expired');
end $$;

do $$
begin
  if to_regclass('public.customers') is not null then return; end if;

  create table public.customers (
    id uuid primary key default gen_random_uuid(),
    first_name varchar(100) not null,
    last_name varchar(100) not null,
    email varchar(255) not null,
    phone varchar(20) not null,
    id_number varchar(20),
    account_type text not null default 'personal'
      check (account_type in ('personal', 'business', 'internal_test')),
    business_name text,
    business_registration text,
    tax_number text,
    auth_user_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  alter table public.customers enable row level security;
  grant select on public.customers to authenticated;
  grant select, insert, update, delete on public.customers to service_role;
  create policy "active admins see customers" on public.customers
    for select to authenticated using ((select zoho_sync.is_active_admin()));
  create trigger touch_updated_at before update on public.customers
    for each row execute function zoho_sync.touch_updated_at();
end $$;

do $$
begin
  if to_regclass('public.business_quotes') is not null then return; end if;

  create table public.business_quotes (
    id uuid primary key default gen_random_uuid(),
    quote_number text unique,
    customer_id uuid references public.customers (id) on delete set null,
    customer_type text not null default 'smme' check (customer_type in ('smme', 'enterprise', 'soho')),
    company_name text not null,
    registration_number text,
    vat_number text,
    contact_name text not null,
    contact_email text not null,
    contact_phone text not null,
    service_address text not null,
    status public.quote_status not null default 'draft',
    contract_term integer not null default 24 check (contract_term in (12, 24, 36)),
    total_monthly numeric(10, 2) not null default 0,
    total_installation numeric(10, 2) not null default 0,
    valid_until date not null,
    accepted_at timestamptz,
    rejected_at timestamptz,
    expired_at timestamptz,
    created_by uuid references public.admin_users (id),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  create index business_quotes_customer_id_idx on public.business_quotes (customer_id);
  create index business_quotes_created_by_idx on public.business_quotes (created_by);
  alter table public.business_quotes enable row level security;
  grant select on public.business_quotes to authenticated;
  grant select, insert, update, delete on public.business_quotes to service_role;
  create policy "active admins see quotes" on public.business_quotes
    for select to authenticated using ((select zoho_sync.is_active_admin()));
  create trigger touch_updated_at before update on public.business_quotes
    for each row execute function zoho_sync.touch_updated_at();
end $$;

do $$
begin
  if to_regclass('public.business_quote_items') is not null then return; end if;

  create table public.business_quote_items (
    id uuid primary key default gen_random_uuid(),
    quote_id uuid not null references public.business_quotes (id) on delete cascade,
    item_type text not null check (item_type in ('primary', 'secondary', 'additional')),
    quantity integer not null default 1,
    monthly_price numeric(10, 2) not null default 0,
    installation_price numeric(10, 2) not null default 0,
    service_name text not null,
    service_type text not null,
    product_category text,
    display_order integer not null default 0
  );
  create index business_quote_items_quote_id_idx on public.business_quote_items (quote_id);
  alter table public.business_quote_items enable row level security;
  grant select on public.business_quote_items to authenticated;
  grant select, insert, update, delete on public.business_quote_items to service_role;
  create policy "active admins see quote items" on public.business_quote_items
    for select to authenticated using ((select zoho_sync.is_active_admin()));
end $$;

do $$
begin
  if to_regclass('public.kyc_sessions') is not null then return; end if;

  create table public.kyc_sessions (
    id uuid primary key default gen_random_uuid(),
    quote_id uuid not null references public.business_quotes (id) on delete cascade,
    didit_session_id text unique not null,
    status text not null default 'not_started'
      check (status in ('not_started', 'in_progress', 'completed', 'abandoned', 'declined')),
    verification_result text check (verification_result in ('approved', 'declined', 'pending_review')),
    risk_tier text check (risk_tier in ('low', 'medium', 'high')),
    completed_at timestamptz,
    extracted_data jsonb,
    raw_webhook_payload jsonb,
    created_at timestamptz not null default now()
  );
  create index kyc_sessions_quote_id_idx on public.kyc_sessions (quote_id);
  alter table public.kyc_sessions enable row level security;
  grant select, insert, update, delete on public.kyc_sessions to service_role;
end $$;

do $$
begin
  if to_regclass('public.contracts') is not null then return; end if;

  create table public.contracts (
    id uuid primary key default gen_random_uuid(),
    contract_number text unique not null,
    quote_id uuid not null references public.business_quotes (id) on delete restrict,
    customer_id uuid references public.customers (id) on delete set null,
    kyc_session_id uuid references public.kyc_sessions (id) on delete set null,
    contract_type text not null check (contract_type in ('fibre', 'wireless', 'hybrid')),
    contract_term_months integer not null check (contract_term_months in (12, 24, 36)),
    start_date date,
    end_date date,
    monthly_recurring numeric(10, 2) not null default 0,
    once_off_fee numeric(10, 2) not null default 0,
    installation_fee numeric(10, 2) not null default 0,
    total_contract_value numeric(10, 2) not null default 0,
    fully_signed_date timestamptz,
    status text not null default 'draft' check (status in (
      'draft', 'pending_signature', 'partially_signed', 'fully_signed', 'active', 'expired', 'terminated')),
    zoho_deal_id text unique,
    last_synced_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  create index contracts_quote_id_idx on public.contracts (quote_id);
  create index contracts_customer_id_idx on public.contracts (customer_id);
  create index contracts_kyc_session_id_idx on public.contracts (kyc_session_id);
  alter table public.contracts enable row level security;
  grant select on public.contracts to authenticated;
  grant select, insert, update, delete on public.contracts to service_role;
  create policy "active admins see contracts" on public.contracts
    for select to authenticated using ((select zoho_sync.is_active_admin()));
  create trigger touch_updated_at before update on public.contracts
    for each row execute function zoho_sync.touch_updated_at();

  -- Production numbers contracts in a before-insert trigger; so does an empty database.
  create sequence zoho_sync.contract_number_seq;
  execute $fn$
    create function zoho_sync.set_contract_number() returns trigger
    language plpgsql security definer set search_path = '' as $body$
    begin
      if new.contract_number is null then
        new.contract_number := 'CT-' || to_char(now(), 'YYYY') || '-'
          || lpad(nextval('zoho_sync.contract_number_seq')::text, 3, '0');
      end if;
      return new;
    end $body$
  $fn$;
  revoke all on function zoho_sync.set_contract_number() from public;
  create trigger set_contract_number before insert on public.contracts
    for each row execute function zoho_sync.set_contract_number();
end $$;

do $$
begin
  if to_regclass('public.rica_submissions') is not null then return; end if;

  create table public.rica_submissions (
    id uuid primary key default gen_random_uuid(),
    kyc_session_id uuid references public.kyc_sessions (id) on delete set null,
    order_id uuid,
    iccid text[],
    submitted_data jsonb,
    status text not null default 'pending' check (status in ('pending', 'submitted', 'approved', 'rejected')),
    icasa_tracking_id text,
    created_at timestamptz not null default now(),
    submitted_at timestamptz,
    approved_at timestamptz
  );
  create index rica_submissions_kyc_session_id_idx on public.rica_submissions (kyc_session_id);
  alter table public.rica_submissions enable row level security;
  grant select, insert, update, delete on public.rica_submissions to service_role;
end $$;

do $$
begin
  if to_regclass('public.customer_invoices') is not null then return; end if;

  create table public.customer_invoices (
    id uuid primary key default gen_random_uuid(),
    customer_id uuid not null references public.customers (id),
    invoice_number varchar(50),
    invoice_date date,
    due_date date,
    subtotal numeric(10, 2) not null default 0,
    tax_amount numeric(10, 2) not null default 0,
    total_amount numeric(10, 2) not null default 0,
    amount_paid numeric(10, 2) not null default 0,
    amount_due numeric(10, 2) not null default 0,
    status text not null default 'draft'
      check (status in ('draft', 'sent', 'paid', 'partial', 'overdue', 'cancelled', 'voided')),
    line_items jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  create index customer_invoices_customer_id_idx on public.customer_invoices (customer_id);
  alter table public.customer_invoices enable row level security;
  grant select on public.customer_invoices to authenticated;
  grant select, insert, update, delete on public.customer_invoices to service_role;
  create policy "active admins see invoices" on public.customer_invoices
    for select to authenticated using ((select zoho_sync.is_active_admin()));
  create trigger touch_updated_at before update on public.customer_invoices
    for each row execute function zoho_sync.touch_updated_at();
end $$;
