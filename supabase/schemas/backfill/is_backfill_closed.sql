-- Whether the sync is paused, or the day's credits are needed for live changes: no step is made then.
create or replace function zoho_sync.is_backfill_closed() returns boolean
language sql stable set search_path = '' as $$
  select coalesce(s.paused_until > now(), false) or zoho_sync.lane_by_credits(s.daily_credits) < 2
  from public.zoho_sync_state s;
$$;
