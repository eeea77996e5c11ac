-- Accounts, Contacts and Products that a dry run would have made by now, so that the next page does not make them again.
create table if not exists zoho_sync.backfill_links (
  run_id uuid not null references public.zoho_backfill_runs on delete cascade,
  kind text not null check (kind in ('account', 'customer', 'product')),
  key text not null,
  zoho_id text not null,
  primary key (run_id, kind, key)
);
alter table zoho_sync.backfill_links enable row level security;
