-- At commit, once per transaction: the first outbox row of a transaction rings.
create or replace function zoho_sync.ring_at_commit() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform zoho_sync.ring_doorbell();
  return null;
exception when others then
  raise warning 'zoho_sync: the doorbell did not ring: %', sqlstate;
  return null;
end $$;
