-- Under which normalised name a company's key is found by its other spellings. The name is the program's to normalise;
-- no number is kept here: numbers are read from the business rows when they are needed.
create table if not exists zoho_sync.account_names (
  account_key text primary key,
  normalised_name text not null
);
create index if not exists account_names_normalised_name_idx on zoho_sync.account_names (normalised_name);
alter table zoho_sync.account_names enable row level security;
