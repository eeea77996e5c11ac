-- What Zoho holds is compared with the projections, field by field: every night everything, every hour what changed on
-- either side. A run is a row with a cursor; a step works some pages of it, and a killed step costs one page.

create table if not exists public.zoho_reconcile_runs (
  id uuid primary key default gen_random_uuid(),
  kind text not null check (kind in ('full', 'incremental')),
  entity_types text[] not null check (cardinality(entity_types) > 0),
  status text not null default 'running' check (status in ('running', 'finished', 'failed')),
  -- An admin's id, "secret key" or "schedule".
  actor text not null,
  -- Changes since then are looked at; null for everything.
  since timestamptz,
  -- It compares rows that changed and could not be named; if it fails, the next run has to.
  is_due boolean not null default false,
  -- { stage, position }: where the next step continues (_shared/reconcile/run.ts).
  cursor jsonb not null default '{}'::jsonb,
  -- By entity type: { "contract": { "match": 412, "differs": 3, … } }; matches as they come, the rest at the end.
  counts jsonb not null default '{}'::jsonb,
  matched integer not null default 0,
  differs integer not null default 0,
  missing integer not null default 0,
  extra integer not null default 0,
  queued integer not null default 0,
  calls integer not null default 0,
  credits integer not null default 0,
  steps integer not null default 0,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  lease_owner uuid,
  lease_until timestamptz,
  next_step_at timestamptz not null default now(),
  -- Faults of whole calls in a row.
  faults integer not null default 0,
  error_code text,
  error_message text
);
-- One run at a time: two would ask Zoho for the same pages.
create unique index if not exists zoho_reconcile_runs_one_idx on public.zoho_reconcile_runs (status)
  where status = 'running';
-- The newest run; what the next incremental run starts from.
create index if not exists zoho_reconcile_runs_started_idx on public.zoho_reconcile_runs (started_at desc);
alter table public.zoho_reconcile_runs enable row level security;
drop policy if exists "active admins read reconcile runs" on public.zoho_reconcile_runs;
create policy "active admins read reconcile runs" on public.zoho_reconcile_runs
  for select to authenticated using ((select zoho_sync.is_active_admin()));
