-- Which entities wait for an answer; they are dead letters (ACCOUNT_UNCERTAIN) until then.
create table if not exists zoho_sync.account_waits (
  account_key text not null,
  entity_type text not null,
  entity_id uuid not null,
  primary key (account_key, entity_type, entity_id)
);
alter table zoho_sync.account_waits enable row level security;
