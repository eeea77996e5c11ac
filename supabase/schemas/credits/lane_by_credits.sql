-- Credits used in the rolling 24 h decide which lanes may still run: the last fifth of the day's budget is not
-- for backfill, the last twentieth only for compliance.
create or replace function zoho_sync.lane_by_credits(p_daily_credits integer) returns smallint
language sql stable set search_path = '' as $$
  select case
    when coalesce(sum(l.credits), 0) >= p_daily_credits * 0.95 then 0
    when coalesce(sum(l.credits), 0) >= p_daily_credits * 0.80 then 1
    else 2 end::smallint
  from public.zoho_credit_ledger l
  where l.quarter > now() - interval '24 hours';
$$;
