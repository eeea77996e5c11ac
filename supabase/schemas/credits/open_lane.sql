-- The last lane that may run now. While a live change is due, the backfill lane is closed, so that it never shares a wave.
-- Every 2 s it is open all the same: where live changes come faster than Zoho answers, one is always due, and the backfill
-- would stand still.
create or replace function zoho_sync.open_lane(p_daily_credits integer) returns smallint
language plpgsql set search_path = '' as $$
declare
  v_lane smallint := zoho_sync.lane_by_credits(p_daily_credits);
begin
  if v_lane < 2 then return v_lane; end if;
  if exists (
      select from public.zoho_sync_queue q
      where q.status = 'pending' and q.lane < 2 and q.next_attempt_at <= clock_timestamp())
    and zoho_sync.clock_ms() - (select last_value from zoho_sync.backfill_turn) between 0 and 2000 then
    return 1;
  end if;
  perform setval('zoho_sync.backfill_turn', zoho_sync.clock_ms());
  return 2;
end $$;
