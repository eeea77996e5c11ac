-- Adds to this minute's refusals: { reason: count }.
create or replace function public.zoho_count_refusals(p_counts jsonb) returns void
language sql set search_path = '' as $$
  insert into public.zoho_webhook_refusals as r (minute, reason, count)
  select date_trunc('minute', clock_timestamp()), c.key, c.value::integer from jsonb_each_text(p_counts) c
  on conflict (minute, reason) do update set count = r.count + excluded.count;
$$;
