-- The queue says which entity is stale, never what changed: the drain reads the rows as they are when it works
-- them. Ids, causes and error codes only; no personal data.
create table if not exists public.zoho_sync_queue (
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid not null,
  revision bigint not null default 1,
  -- 0 compliance, 1 ordinary, 2 backfill
  lane smallint not null default 1 check (lane between 0 and 2),
  status text not null default 'pending' check (status in ('pending', 'in_flight', 'dead')),
  -- Rounds that ended in a fault of this record; a fault of the whole call burns none.
  attempts integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz not null default now(),
  lease_owner uuid,
  lease_until timestamptz,
  -- Send every field, not only those that differ from the snapshot.
  forced boolean not null default false,
  cause text not null,
  error_code text,
  error_field text,
  error_message text,
  enqueued_at timestamptz not null default now(),
  primary key (entity_type, entity_id),
  check ((status = 'in_flight') = (lease_owner is not null and lease_until is not null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

-- The claim: due rows by lane, then by age.
create index if not exists zoho_sync_queue_due_idx on public.zoho_sync_queue (lane, next_attempt_at) where status = 'pending';
-- Leases that ended by themselves.
create index if not exists zoho_sync_queue_lease_idx on public.zoho_sync_queue (lease_until) where status = 'in_flight';
-- Dead letters for the operator.
create index if not exists zoho_sync_queue_dead_idx on public.zoho_sync_queue (error_code) where status = 'dead';

alter table public.zoho_sync_queue enable row level security;
revoke all on public.zoho_sync_queue from public, anon, authenticated;
grant select on public.zoho_sync_queue to authenticated;
grant select, insert, update, delete on public.zoho_sync_queue to service_role;
drop policy if exists "active admins read the queue" on public.zoho_sync_queue;
create policy "active admins read the queue" on public.zoho_sync_queue
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- One row: who drains, and whether the drain is paused.
create table if not exists public.zoho_sync_state (
  id boolean primary key default true check (id),
  drain_owner uuid,
  drain_until timestamptz,
  last_drain_at timestamptz,
  paused_until timestamptz,
  pause_code text,
  pause_message text,
  -- Pauses in a row without a successful call; the next one is longer.
  pause_count integer not null default 0,
  daily_credits integer not null default 50000 check (daily_credits > 0),
  -- Calls at a time that Zoho has put up with: halved by a 429, one more for every wave that went well. 10 is
  -- Zoho's own ceiling for writes of more than 10 records, in every edition (api-limits page).
  concurrency smallint not null default 10 check (concurrency between 1 and 10),
  -- Our own user in Zoho, learned from the answers to our writes.
  integration_user_id text
);
comment on column public.zoho_sync_state.daily_credits is
  'The org''s API credits in a rolling 24 h; Zoho''s smallest paid edition has 50,000 (api-limits page).';
insert into public.zoho_sync_state default values on conflict do nothing;

alter table public.zoho_sync_state enable row level security;
revoke all on public.zoho_sync_state from public, anon, authenticated;
grant select on public.zoho_sync_state to authenticated;
grant select, update on public.zoho_sync_state to service_role;
drop policy if exists "active admins read the sync state" on public.zoho_sync_state;
create policy "active admins read the sync state" on public.zoho_sync_state
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- Credits spent, by quarter of an hour and lane, so that the rolling 24 h is a sum of at most 288 rows.
create table if not exists public.zoho_credit_ledger (
  quarter timestamptz not null,
  lane smallint not null check (lane between 0 and 2),
  credits integer not null default 0,
  calls integer not null default 0,
  primary key (quarter, lane)
);
alter table public.zoho_credit_ledger enable row level security;
revoke all on public.zoho_credit_ledger from public, anon, authenticated;
grant select on public.zoho_credit_ledger to authenticated;
grant select, insert, update, delete on public.zoho_credit_ledger to service_role;
drop policy if exists "active admins read the ledger" on public.zoho_credit_ledger;
create policy "active admins read the ledger" on public.zoho_credit_ledger
  for select to authenticated using ((select zoho_sync.is_active_admin()));
