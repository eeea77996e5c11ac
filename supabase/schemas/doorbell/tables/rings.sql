-- Which of pg_net's requests are ours, so that the doctor judges only their answers. Unlogged like pg_net's own tables: a
-- crash that empties those restarts their ids. Kept for an hour.
create unlogged table if not exists zoho_sync.rings (
  id bigint generated always as identity primary key,
  request_id bigint not null,
  function text not null,
  -- By which it is called again.
  body jsonb not null default '{"reason":"again"}',
  called_at timestamptz not null default clock_timestamp()
);
create index if not exists rings_called_idx on zoho_sync.rings (called_at);
alter table zoho_sync.rings enable row level security;
