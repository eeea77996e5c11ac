-- Accounts have no row of their own in CircleTel: a company is known by its normalised name, a private person
-- by the customer's id. Kept apart from the mappings, whose keys are CircleTel's uuids.
create table if not exists public.zoho_accounts (
  account_key text primary key check (account_key ~ '^(company|customer):.'),
  zoho_id text not null,
  matched_by text not null
    check (matched_by in ('found', 'created', 'registration_number', 'vat_number', 'name', 'chosen')),
  created_at timestamptz not null default now()
);
create index if not exists zoho_accounts_zoho_id_idx on public.zoho_accounts (zoho_id);
alter table public.zoho_accounts enable row level security;
drop policy if exists "active admins read accounts" on public.zoho_accounts;
create policy "active admins read accounts" on public.zoho_accounts
  for select to authenticated using ((select zoho_sync.is_active_admin()));
drop policy if exists "active admins unlink accounts" on public.zoho_accounts;
create policy "active admins unlink accounts" on public.zoho_accounts
  for delete to authenticated using ((select zoho_sync.is_active_admin()));
