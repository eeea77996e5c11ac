-- The queue says which entity is stale, never what changed: the drain reads the rows as they are when it works
-- them. Ids, causes and error codes only; no personal data.
create table if not exists public.zoho_sync_queue (
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid not null,
  -- Raised by every mark: one that came while the change was in flight is not settled with it.
  version bigint not null default 1,
  -- 0 compliance, 1 ordinary, 2 backfill
  lane smallint not null default 1 check (lane between 0 and 2),
  status text not null default 'pending' check (status in ('pending', 'in_flight', 'dead')),
  -- Rounds that ended in a fault of this record; a fault of the whole call burns none.
  failed_rounds integer not null default 0 check (failed_rounds >= 0),
  next_attempt_at timestamptz not null default now(),
  lease_owner uuid,
  lease_until timestamptz,
  -- Zoho's record must be read before anything is decided: something may have happened there.
  look boolean not null default false,
  -- Send every field, not only those that differ.
  forced boolean not null default false,
  cause text not null,
  error_code text,
  error_field text,
  error_message text,
  -- When the business transaction made the change, or when it was requested by hand.
  enqueued_at timestamptz not null default now(),
  primary key (entity_type, entity_id),
  check ((status = 'in_flight') = (lease_owner is not null and lease_until is not null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

-- The claim: due rows by lane, then by age.
create index if not exists zoho_sync_queue_due_idx on public.zoho_sync_queue (lane, next_attempt_at, entity_id) where status = 'pending';
-- Leases that ended by themselves.
create index if not exists zoho_sync_queue_lease_idx on public.zoho_sync_queue (lease_until) where status = 'in_flight';
-- Dead letters for the operator.
create index if not exists zoho_sync_queue_dead_idx on public.zoho_sync_queue (error_code) where status = 'dead';
-- The oldest change, and pages of the queue by age.
create index if not exists zoho_sync_queue_age_idx on public.zoho_sync_queue (enqueued_at, entity_id);
-- Problems by cause: few rows among many.
create index if not exists zoho_sync_queue_error_idx
  on public.zoho_sync_queue (error_code, error_field, enqueued_at, entity_id) where error_code is not null;

alter table public.zoho_sync_queue enable row level security;
drop policy if exists "active admins read the queue" on public.zoho_sync_queue;
create policy "active admins read the queue" on public.zoho_sync_queue
  for select to authenticated using ((select zoho_sync.is_active_admin()));
