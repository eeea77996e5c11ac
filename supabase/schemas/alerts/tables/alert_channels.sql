-- Where alerts go, set on the page; a variable of the same channel counts before it. The address is a secret of others, so it
-- is sealed as tokens are, by the functions, and no answer holds it.
create table if not exists zoho_sync.alert_channels (
  name text primary key check (name in ('webhook', 'hook')),
  sealed text not null check (sealed like 'v1:%'),
  set_by text not null,
  set_at timestamptz not null default now()
);
alter table zoho_sync.alert_channels enable row level security;
