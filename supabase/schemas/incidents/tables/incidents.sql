-- Every time that sending was paused, by a fault or by a person, and what came of it.
create table if not exists zoho_sync.incidents (
  id bigint generated always as identity primary key,
  -- Of the first fault, or PAUSED_BY_HAND.
  code text not null,
  message text,
  -- An admin's id or "secret key"; null for a fault.
  paused_by text,
  began_at timestamptz not null default clock_timestamp(),
  -- When a call went well again, or a person resumed.
  ended_at timestamptz,
  -- The most changes of lanes 0 and 1 that waited at a time; a backfill waits on purpose.
  waited integer not null default 0,
  -- When none was left of what waited at the end.
  arrived_at timestamptz
);
create index if not exists incidents_open_idx on zoho_sync.incidents (id) where ended_at is null or arrived_at is null;
create index if not exists incidents_began_idx on zoho_sync.incidents (began_at);
alter table zoho_sync.incidents enable row level security;
