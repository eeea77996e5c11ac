-- Credits spent, by quarter of an hour and lane, so that the rolling 24 h is a sum of at most 288 rows.
create table if not exists public.zoho_credit_ledger (
  quarter timestamptz not null,
  lane smallint not null check (lane between 0 and 2),
  credits integer not null default 0,
  calls integer not null default 0,
  primary key (quarter, lane)
);
alter table public.zoho_credit_ledger enable row level security;
drop policy if exists "active admins read the ledger" on public.zoho_credit_ledger;
create policy "active admins read the ledger" on public.zoho_credit_ledger
  for select to authenticated using ((select zoho_sync.is_active_admin()));
