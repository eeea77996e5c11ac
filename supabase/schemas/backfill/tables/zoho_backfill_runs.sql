-- Backfill: what was there before the sync was. A run lists its entities once, and from then on the queue is the state:
-- whatever is killed, the rows say what is left to do.

create table if not exists public.zoho_backfill_runs (
  id uuid primary key default gen_random_uuid(),
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  -- Only entities made since then.
  since timestamptz,
  dry_run boolean not null,
  status text not null default 'running' check (status in ('running', 'finished', 'cancelled')),
  -- An admin's id, or "secret key".
  actor text not null,
  total integer not null default 0,
  -- The entity that was listed last, by when it was made (infinity: not known) and id; the list continues after it.
  listed_made_at timestamptz not null default '-infinity',
  listed_id uuid not null default '00000000-0000-0000-0000-000000000000',
  listed integer not null default 0,
  is_listed boolean not null default false,
  -- What became of how many, or would in a dry run: {create, update, skip, link, refuse}, and why of the refused ones.
  -- Filled in when the run has ended.
  outcome jsonb,
  -- What a dry run says that a real one would cost; null for a real run.
  credits_estimated integer,
  -- What the run itself has cost.
  credits_used integer not null default 0,
  -- Lane 2 of the ledger's quarter in which the run began, before it began.
  credits_before integer not null default 0,
  error_code text,
  error_message text,
  -- One step at a time; a killed one ends by itself.
  step_owner uuid,
  step_until timestamptz,
  started_at timestamptz not null default now(),
  finished_at timestamptz
);
create index if not exists zoho_backfill_runs_started_idx on public.zoho_backfill_runs (started_at desc);
-- Two real runs at once would share one lane and one ledger, and neither could say what it cost.
create unique index if not exists zoho_backfill_runs_open_idx on public.zoho_backfill_runs ((true))
  where not dry_run and status = 'running';
alter table public.zoho_backfill_runs enable row level security;
drop policy if exists "active admins read backfill runs" on public.zoho_backfill_runs;
create policy "active admins read backfill runs" on public.zoho_backfill_runs
  for select to authenticated using ((select zoho_sync.is_active_admin()));
