-- Wakes a drain, unless one is about to look. The call carries no data, is made at most once and may be lost; the sweep is
-- the guarantee. Rung again by every commit until a drain has claimed: a commit that rings may still fail, and with it
-- its call, so no other commit relies on it.
create or replace function zoho_sync.ring_doorbell() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if zoho_sync.trust_promise() then return; end if;
  perform zoho_sync.call_function('zoho-sync', '{"reason":"doorbell"}'::jsonb);
end $$;
