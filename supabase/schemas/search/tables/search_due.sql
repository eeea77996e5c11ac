-- Entities whose search entry may be out of date. Append-only, so that neither a fold nor a settlement waits for a search,
-- nor a search for them.
create table if not exists zoho_sync.search_due (
  id bigint generated always as identity primary key,
  entity_type text not null,
  entity_id uuid not null
);
alter table zoho_sync.search_due enable row level security;
