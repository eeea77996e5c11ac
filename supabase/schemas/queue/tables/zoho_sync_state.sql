-- One row: who drains, whether the drain is paused, and what is kept in step.
create table if not exists public.zoho_sync_state (
  id boolean primary key default true check (id),
  drain_owner uuid,
  drain_until timestamptz,
  last_drain_at timestamptz,
  paused_until timestamptz,
  pause_code text,
  pause_message text,
  -- Who paused it, null for the sync itself, and when.
  paused_by text,
  paused_at timestamptz,
  -- Pauses in a row without a successful call; the next one is longer.
  pause_count integer not null default 0,
  daily_credits integer not null default 50000 check (daily_credits > 0),
  -- What Zoho last said is left of the day's credits, and when; other apps of the org spend them, too.
  credits_left integer,
  credits_left_at timestamptz,
  -- Calls at a time that Zoho has put up with: halved by a 429, one more for every wave that went well. 10 is
  -- Zoho's own ceiling for writes of more than 10 records, in every edition (api-limits page).
  concurrency smallint not null default 10 check (concurrency between 1 and 10),
  -- The first digits of every write revision of this database, and those of its time before: see docs/merge.md.
  revision_epoch integer not null default zoho_sync.new_epoch() check (revision_epoch between 100000 and 899999),
  earlier_epochs integer[] not null default '{}',
  -- The highest number that a claim has given out. Not the sequence's own: after a crash or a restore that is up to 32 ahead,
  -- and as many forgotten writes would pass for known ones.
  last_revision bigint not null default 0,
  -- When it was last made sure that no record in Zoho carries a revision that this database did not give.
  revisions_checked_at timestamptz not null default '-infinity',
  -- Which kinds of record are kept in step. One that is off is not queued, and settled without a call if it is.
  synced_types text[] not null default '{contract,quote,customer,invoice}'
    check (synced_types <@ '{contract,quote,customer,invoice}'),
  -- When a drain reads the fields again; 'infinity' is never.
  fields_due_at timestamptz not null default '-infinity',
  -- Rows changed that could not be named (a TRUNCATE, a column that a trigger no longer finds): the next reconcile looks
  -- at everything.
  full_reconcile_due boolean not null default false,
  -- Days from one comparison of everything to the next by the schedule: a large installation cannot spend a night's on each
  -- (docs/scale.md). What changed is compared every hour all the same.
  full_reconcile_days smallint not null default 1 check (full_reconcile_days between 1 and 31)
);
comment on column public.zoho_sync_state.daily_credits is
  'The org''s API credits in a rolling 24 h; Zoho''s smallest paid edition has 50,000 (api-limits page).';
insert into public.zoho_sync_state default values on conflict do nothing;

alter table public.zoho_sync_state enable row level security;
drop policy if exists "active admins read the sync state" on public.zoho_sync_state;
create policy "active admins read the sync state" on public.zoho_sync_state
  for select to authenticated using ((select zoho_sync.is_active_admin()));
