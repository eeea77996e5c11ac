-- Attempts and waits by the hour, for hours that are over: 24 h may hold 100,000 of each.
create table if not exists zoho_sync.attempt_hours (
  hour timestamptz primary key,
  succeeded integer not null,
  failed integer not null,
  settled integer not null,
  p50_ms integer,
  p95_ms integer
);
alter table zoho_sync.attempt_hours enable row level security;
