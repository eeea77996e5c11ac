-- What this database knew of an org before it was adopted for another one: whole rows, kept for 30 days.
create table if not exists zoho_sync.former_rows (
  id bigint generated always as identity primary key,
  org_id text,
  adopted_at timestamptz not null default now(),
  -- The table it comes from; contracts: the Deal that each contract named.
  source text not null,
  content jsonb not null
);
create index if not exists former_rows_adopted_at_idx on zoho_sync.former_rows (adopted_at);
alter table zoho_sync.former_rows enable row level security;
