-- What the running run has judged, by Zoho id (or by entity where there is no record): a record that comes twice counts
-- once, and an entity whose record never came is looked up. Emptied when a run ends; if a crash of the database empties
-- it before, the run reads a little more than it had to.
create unlogged table if not exists zoho_sync.reconcile_seen (
  run_id uuid not null,
  entity_type text not null,
  key text not null,
  primary key (run_id, entity_type, key)
);
alter table zoho_sync.reconcile_seen enable row level security;
drop policy if exists "the reconcile keeps what it has seen" on zoho_sync.reconcile_seen;
create policy "the reconcile keeps what it has seen" on zoho_sync.reconcile_seen
  for all to service_role using (true) with check (true);
