-- Everything that is not a match; a match is only counted.
create table if not exists public.zoho_reconcile_rows (
  id bigint generated always as identity primary key,
  run_id uuid not null references public.zoho_reconcile_runs (id) on delete cascade,
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid,
  zoho_type text not null,
  zoho_id text,
  -- The contract, quote or invoice number.
  reference text,
  -- queued: on its way at this moment, so no verdict.
  verdict text not null check (verdict in ('differs', 'missing', 'extra', 'queued')),
  reason text not null,
  -- By Zoho api_name { zoho, circletel }; names and e-mails of persons masked.
  fields jsonb not null default '{}'::jsonb,
  created_at timestamptz not null default clock_timestamp(),
  repaired_at timestamptz
);
-- The report, by verdict and page; the cascade.
create index if not exists zoho_reconcile_rows_run_idx on public.zoho_reconcile_rows (run_id, verdict, id);
alter table public.zoho_reconcile_rows enable row level security;
drop policy if exists "active admins read reconcile rows" on public.zoho_reconcile_rows;
create policy "active admins read reconcile rows" on public.zoho_reconcile_rows
  for select to authenticated using ((select zoho_sync.is_active_admin()));
