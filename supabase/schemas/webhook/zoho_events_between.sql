-- Events of a span of time in the order of receipt, a page at a time; for a replay.
create or replace function public.zoho_events_between(
  p_from timestamptz, p_to timestamptz, p_status text default null, p_after bigint default 0,
  p_limit integer default 500)
returns setof public.zoho_webhook_events
language sql stable set search_path = '' as $$
  select * from public.zoho_webhook_events e
  where e.received_at >= p_from and e.received_at < p_to and e.seq > p_after
    and (p_status is null or e.status = p_status)
  order by e.seq limit p_limit;
$$;
