-- How long a promise holds. A drain looks once more this long (and a little) after its last promise before it ends,
-- so a change committed under a promise is always seen.
create or replace function zoho_sync.promise_ms() returns integer
language sql immutable set search_path = '' as $$ select 150 $$;

-- Wakes a drain, unless one is about to look. The call carries no data, is made at most once and may be lost; the sweep is
-- the guarantee. Rung again by every commit until a drain has claimed: a commit that rings may still fail, and with it
-- its call, so no other commit relies on it.
create or replace function zoho_sync.ring_doorbell() returns void
language plpgsql security definer set search_path = '' as $$
begin
  -- A promise "from the future" is a clock that was set back: ring.
  if zoho_sync.clock_ms() - (select last_value from zoho_sync.doorbell) between 0 and zoho_sync.promise_ms() then
    return;
  end if;
  perform zoho_sync.call_function('zoho-sync', '{"reason":"doorbell"}'::jsonb);
end $$;
