-- What an operator may look for, a row for each contract, quote, invoice and customer of the CRM. A copy, and the only one:
-- CircleTel's tables get no index for it. Names are here and nowhere else in the sync's own tables but Contacts' bases; a row
-- goes when its entity goes, or when its customer is no customer of the CRM any more.
create table if not exists zoho_sync.search_entries (
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid not null,
  -- Contract, quote or invoice number; a customer has none.
  number text,
  company text,
  -- First and last name of the customer.
  person text,
  zoho_id text,
  -- By which the company's Account is known.
  account_key text,
  -- It bore the name of a person who was erased: no name is copied any more, though CircleTel's rows change or go one by one.
  is_erased boolean not null default false,
  -- "205" of CT-2026-00205: how people say a number.
  tail text generated always as (nullif(ltrim(substring(number, '\d+$'), '0'), '')) stored,
  haystack text generated always as (lower(coalesce(number, '') || e'\n' || coalesce(company, '') || e'\n'
    || coalesce(person, '') || e'\n' || coalesce(zoho_id, ''))) stored,
  primary key (entity_type, entity_id)
);
create index if not exists search_entries_number_idx on zoho_sync.search_entries (lower(number));
create index if not exists search_entries_tail_idx on zoho_sync.search_entries (tail);
create index if not exists search_entries_zoho_id_idx on zoho_sync.search_entries (zoho_id);
create index if not exists search_entries_account_idx on zoho_sync.search_entries (account_key);
alter table zoho_sync.search_entries enable row level security;
