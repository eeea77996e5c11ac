-- How long changes took: one row for every settlement, written when the queue rows go. Append only: no row that two
-- settlements would queue up for.
create table if not exists zoho_sync.settled_waits (
  at timestamptz not null default clock_timestamp(),
  settled integer not null,
  -- Milliseconds from the edit to the settlement, lanes 0 and 1 only: a backfill waits on purpose.
  waits_ms integer[] not null
);
create index if not exists settled_waits_at_idx on zoho_sync.settled_waits (at);
alter table zoho_sync.settled_waits enable row level security;
