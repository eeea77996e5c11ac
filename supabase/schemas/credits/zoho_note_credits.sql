-- Adds to the ledger's present quarter of an hour.
create or replace function zoho_sync.record_credits(p_lane smallint, p_credits integer, p_calls integer) returns void
language sql set search_path = '' as $$
  insert into public.zoho_credit_ledger as ledger (quarter, lane, credits, calls)
  select date_bin('15 minutes', now(), timestamptz '2000-01-01 00:00:00+00'), p_lane, p_credits, p_calls
  where p_calls > 0
  on conflict (quarter, lane) do update
    set credits = ledger.credits + excluded.credits, calls = ledger.calls + excluded.calls;
$$;

-- Calls to Zoho beside the drain: a record read for a person.
create or replace function public.zoho_note_credits(p_lane smallint, p_credits integer, p_calls integer) returns void
language sql set search_path = '' as $$
  select zoho_sync.record_credits(p_lane, p_credits, p_calls);
$$;
