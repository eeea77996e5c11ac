-- Modules of Zoho that are hidden, forbidden or failing while Zoho answers otherwise: what needs a call of one rests until
-- then, and everything else continues. A row stays for an hour after its hold, so that the next one is longer.
create table if not exists zoho_sync.module_holds (
  module text primary key,
  code text not null,
  message text not null,
  since timestamptz not null default clock_timestamp(),
  held_until timestamptz not null,
  -- Holds in a row.
  count integer not null default 1 check (count > 0)
);
alter table zoho_sync.module_holds enable row level security;
