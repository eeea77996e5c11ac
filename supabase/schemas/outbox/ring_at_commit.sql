-- At commit, once per transaction: the first outbox row of a transaction rings.
-- No statement timeout ends a COMMIT, so a lock on pg_net's queue or on Vault must not hold it: the sweep rings instead.
create or replace function zoho_sync.ring_at_commit() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '100ms' as $$
begin
  perform zoho_sync.ring_doorbell();
  return null;
exception when others then
  raise warning 'zoho_sync: the doorbell did not ring: %', sqlstate;
  return null;
end $$;
