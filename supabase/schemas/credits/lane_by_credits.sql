-- Credits used in the rolling 24 h decide which lanes may still run: the last fifth of the day's budget is not
-- for backfill, the last twentieth only for compliance. Counted are our own, or what Zoho said within the last hour if that is
-- more: other apps spend of the same budget.
create or replace function zoho_sync.lane_by_credits(p_daily_credits integer) returns smallint
language plpgsql stable set search_path = '' as $$
begin
  return (
    select case
      when u.used >= p_daily_credits * 0.95 then 0
      when u.used >= p_daily_credits * 0.80 then 1
      else 2 end::smallint
    from (
      select greatest(
        (select coalesce(sum(l.credits), 0) from public.zoho_credit_ledger l where l.quarter > now() - interval '24 hours'),
        (select p_daily_credits - s.credits_left from public.zoho_sync_state s
          where s.credits_left_at > now() - interval '1 hour')) as used) u);
end $$;
