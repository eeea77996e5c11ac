-- The id of this database's notification channel at Zoho, which takes up to 19 digits: fifteen are exact in a JSON number.
create or replace function zoho_sync.new_channel_id() returns text
language sql volatile set search_path = '' as $$
  select (100000000000000 + floor(random() * 899999999999999))::bigint::text;
$$;

-- Whose database this is, one row. A copy (a branch, staging, a restored backup) has the same row and therefore writes
-- nothing until a person adopts it: docs/copies.md.
create table if not exists zoho_sync.identity (
  id boolean primary key default true check (id),
  -- The project whose functions may write, as project_host() says it; null until a function claims for the first time.
  project_host text,
  pinned_at timestamptz,
  -- Zoho's id of the org, pinned before the first write; and when this database was adopted for it, null if it was the first.
  org_id text,
  org_since timestamptz,
  -- Keyed digest of the credentials that were last seen to belong to that org: the same ones need not be asked again.
  org_credentials text,
  channel_id text not null default zoho_sync.new_channel_id() check (channel_id ~ '^[1-9]\d{14}$'),
  -- Since then the sync plans, compares and reports, and writes nothing; null: it writes.
  observing_since timestamptz
);
insert into zoho_sync.identity default values on conflict do nothing;
alter table zoho_sync.identity enable row level security;
