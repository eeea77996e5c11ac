-- How far the walk over all rows of a kind has come; see zoho_sync.keep_search. No row: it has not begun.
create table if not exists zoho_sync.search_walk (
  entity_type text primary key,
  -- The last id of the step before.
  after uuid,
  ended_at timestamptz
);
alter table zoho_sync.search_walk enable row level security;
