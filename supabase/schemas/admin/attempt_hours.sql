-- Attempts that are over, from p_from until p_until; what the inward way applied is no attempt of ours.
create or replace function zoho_sync.count_attempts(p_from timestamptz, p_until timestamptz)
returns table (hour timestamptz, succeeded integer, failed integer)
language sql stable set search_path = '' as $$
  select date_bin('1 hour', l.created_at, timestamptz '2000-01-01 00:00:00+00'),
    (count(*) filter (where l.status = 'success'))::integer,
    (count(*) filter (where l.status in ('failed', 'retrying')))::integer
  from public.zoho_sync_logs l
  where l.created_at >= p_from and l.created_at < p_until and l.drain_id is not null
  group by 1;
$$;

-- The settlements of the same time.
create or replace function zoho_sync.count_waits(p_from timestamptz, p_until timestamptz)
returns table (hour timestamptz, settled integer, p50_ms integer, p95_ms integer)
language sql stable set search_path = '' as $$
  with rows_of_it as materialized (
    select date_bin('1 hour', w.at, timestamptz '2000-01-01 00:00:00+00') as hour, w.settled, w.waits_ms
    from zoho_sync.settled_waits w where w.at >= p_from and w.at < p_until),
  waits as (
    select x.hour, percentile_disc(array[0.5, 0.95]) within group (order by x.wait) as p
    from (select r.hour, unnest(r.waits_ms) as wait from rows_of_it r) x group by x.hour)
  select r.hour, sum(r.settled)::integer, min(w.p[1]), min(w.p[2])
  from rows_of_it r left join waits w on w.hour = r.hour group by r.hour;
$$;

-- Ten minutes after its end no attempt of an hour is open any more.
create or replace function zoho_sync.roll_hours() returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_until timestamptz := zoho_sync.hour_of(clock_timestamp() - interval '10 minutes');
  v_from timestamptz := greatest(v_until - interval '25 hours',
    (select max(h.hour) + interval '1 hour' from zoho_sync.attempt_hours h));
begin
  insert into zoho_sync.attempt_hours (hour, succeeded, failed, settled, p50_ms, p95_ms)
  select g.hour, coalesce(c.succeeded, 0), coalesce(c.failed, 0), coalesce(w.settled, 0), w.p50_ms, w.p95_ms
  from generate_series(v_from, v_until - interval '1 hour', interval '1 hour') g (hour)
  left join zoho_sync.count_attempts(v_from, v_until) c on c.hour = g.hour
  left join zoho_sync.count_waits(v_from, v_until) w on w.hour = g.hour
  on conflict (hour) do nothing;
  delete from zoho_sync.attempt_hours h where h.hour < now() - interval '90 days';
  delete from zoho_sync.settled_waits w where w.at < now() - interval '8 days';
end $$;
