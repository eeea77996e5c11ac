-- The whole at a glance. Folds a little first, so that what waits is counted where it waits.
create or replace function public.zoho_admin_status() returns jsonb
language sql volatile set search_path = '' as $$
  select zoho_sync.fold_few();
  select jsonb_build_object(
    'at', clock_timestamp(),
    'queue', zoho_sync.status_queue(),
    'paused', public.zoho_pause_state(),
    'resting', zoho_sync.resting_modules(),
    'isDraining', coalesce(s.drain_until > now(), false),
    'lastDrainAt', s.last_drain_at,
    'lastHeardAt', (select max(e.received_at) from public.zoho_webhook_events e),
    'lastWriteAt', zoho_sync.last_write(),
    'events', (
      select jsonb_build_object('open', count(*) filter (where e.status = 'received'),
        'failed', count(*) filter (where e.status = 'failed'),
        'refusals24h', (select coalesce(sum(r.count), 0) from public.zoho_webhook_refusals r
          where r.minute > now() - interval '24 hours'))
      from public.zoho_webhook_events e where e.status in ('received', 'failed')),
    'notices', jsonb_build_object('open', (
      select count(*) from public.zoho_notices n where n.acknowledged_at is null)),
    'day', zoho_sync.status_day(),
    'credits', zoho_sync.status_credits(),
    'token', (
      select jsonb_build_object(
        'expiresAt', case when t.expires_at > '-infinity' then t.expires_at end,
        'refreshedAt', t.recent_refreshes[cardinality(t.recent_refreshes)],
        'errorCode', t.error_code, 'errorAt', t.error_at)
      from public.zoho_tokens t limit 1),
    'channels', zoho_sync.status_channels(),
    'migration', zoho_sync.newest_migration())
    || zoho_sync.status_parts()
  from public.zoho_sync_state s;
$$;


-- Folds what takes a few milliseconds. A thousand ids and more are a drain's work, or the sweep's: a page that waited for
-- 20,000 of them took a second, at every look.
create or replace function zoho_sync.fold_few() returns void
language plpgsql set search_path = '' as $$
begin
  if (zoho_sync.noted_rows()).count between 1 and 1000 then
    perform zoho_sync.fold_outbox();
  end if;
end $$;

-- Changed rows whose notes are not in the queue yet, and since when the oldest waits. For a TRUNCATE the number is unknown.
create or replace function zoho_sync.noted_rows(out count bigint, out oldest timestamptz)
language sql stable set search_path = '' as $$
  select coalesce(sum(greatest(cardinality(o.ids), cardinality(o.owners), 1)), 0), min(o.noted_at) from zoho_sync.outbox o;
$$;

-- The queue by lane and status, what is noted and not in it yet, and how long the oldest unsent change has waited.
create or replace function zoho_sync.status_queue() returns jsonb
language sql stable set search_path = '' as $$
  -- Once, not for each row.
  with held as materialized (select zoho_sync.held_entities() as ids),
  counted as (
    select q.lane, q.status, count(*) as count, min(q.enqueued_at) as oldest,
      min(q.enqueued_at) filter (where q.entity_id <> all (h.ids)) as oldest_not_held
    from public.zoho_sync_queue q, held h group by q.lane, q.status),
  noted as (select n.count, n.oldest from zoho_sync.noted_rows() n),
  unsent as (
    select least((select n.oldest from noted n), min(c.oldest_not_held)) as oldest
    from counted c where c.status <> 'dead' and c.lane < 2)
  select jsonb_build_object(
    'counts', coalesce((
      select jsonb_agg(jsonb_build_object('lane', c.lane, 'status', c.status, 'count', c.count, 'oldestAt', c.oldest,
        'ageSeconds', floor(extract(epoch from clock_timestamp() - c.oldest))) order by c.lane, c.status) from counted c), '[]'),
    'waiting', (select coalesce(sum(c.count) filter (where c.status <> 'dead'), 0) from counted c) + (select n.count from noted n),
    'noted', (select n.count from noted n),
    'dead', (select coalesce(sum(c.count) filter (where c.status = 'dead'), 0) from counted c),
    'held', (select cardinality(h.ids) from held h),
    -- What a person holds is not late.
    'oldestUnsentAt', u.oldest,
    'oldestUnsentSeconds', floor(extract(epoch from clock_timestamp() - u.oldest)))
  from unsent u;
$$;

-- 24 whole hours and the one that is running: what is rolled up, and from there on what is there. The waits of the whole
-- day are sorted once more: percentiles of hours do not add up.
create or replace function zoho_sync.status_day() returns jsonb
language sql stable set search_path = '' as $$
  with span as (
    select zoho_sync.hour_of(now()) - interval '24 hours' as first_hour, zoho_sync.hour_of(now()) as last_hour),
  rolled as (
    select h.* from zoho_sync.attempt_hours h, span s where h.hour >= s.first_hour),
  rest as (
    select greatest(s.first_hour, coalesce((select max(r.hour) + interval '1 hour' from rolled r), s.first_hour)) as first_hour,
      s.last_hour + interval '1 hour' as until
    from span s),
  hours as (
    select g.hour, coalesce(r.succeeded, a.succeeded, 0) as succeeded, coalesce(r.failed, a.failed, 0) as failed,
      coalesce(r.settled, w.settled, 0) as settled, coalesce(r.p50_ms, w.p50_ms) as p50, coalesce(r.p95_ms, w.p95_ms) as p95
    from span s cross join lateral generate_series(s.first_hour, s.last_hour, interval '1 hour') g (hour)
    left join rolled r on r.hour = g.hour
    left join (select c.* from rest cross join lateral zoho_sync.count_attempts(rest.first_hour, rest.until) c) a
      on a.hour = g.hour
    left join (select c.* from rest cross join lateral zoho_sync.count_waits(rest.first_hour, rest.until) c) w
      on w.hour = g.hour),
  whole as (
    select percentile_disc(array[0.5, 0.95]) within group (order by x.wait) as p
    from (select unnest(w.waits_ms) as wait from zoho_sync.settled_waits w, span s where w.at >= s.first_hour) x)
  select jsonb_build_object(
    'hours', jsonb_agg(jsonb_build_object('hour', h.hour, 'succeeded', h.succeeded, 'failed', h.failed,
      'settled', h.settled, 'p50Ms', h.p50, 'p95Ms', h.p95) order by h.hour),
    'succeeded', sum(h.succeeded), 'failed', sum(h.failed), 'settled', sum(h.settled),
    'successRate', round(sum(h.succeeded)::numeric / nullif(sum(h.succeeded) + sum(h.failed), 0), 4),
    'p50Ms', (select w.p[1] from whole w), 'p95Ms', (select w.p[2] from whole w))
  from hours h;
$$;

create or replace function zoho_sync.status_credits() returns jsonb
language sql stable set search_path = '' as $$
  with day as (select * from public.zoho_credit_ledger l where l.quarter > now() - interval '24 hours')
  select jsonb_build_object(
    'budget', (select s.daily_credits from public.zoho_sync_state s),
    'byLane', coalesce((
      select jsonb_agg(jsonb_build_object('lane', d.lane, 'credits', d.credits, 'calls', d.calls) order by d.lane)
      from (select d.lane, sum(d.credits) as credits, sum(d.calls) as calls from day d group by d.lane) d), '[]'),
    'quarters', coalesce((
      select jsonb_agg(jsonb_build_object('at', q.quarter, 'credits', q.credits) order by q.quarter)
      from (select d.quarter, sum(d.credits) as credits from day d group by d.quarter) q), '[]'));
$$;

create or replace function zoho_sync.status_channels() returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('channelId', c.channel_id, 'module', c.module,
    'expiresAt', c.expires_at, 'checkedAt', c.checked_at) order by c.channel_id, c.module), '[]')
  from public.zoho_channels c;
$$;

-- The last comparison that came to its end, and what is still different as far as the last full one and those after it
-- know: an hourly one looks at what changed only. Records that no entity owns (a seller's own Deals) are no difference.
create or replace function zoho_sync.last_reconcile() returns jsonb
language sql stable set search_path = '' as $$
  with newest as (
    select * from public.zoho_reconcile_runs r where r.status = 'finished' order by r.started_at desc limit 1),
  since as (
    select coalesce(
      (select r.started_at from public.zoho_reconcile_runs r
        where r.status = 'finished' and r.kind = 'full' order by r.started_at desc limit 1),
      (select n.started_at from newest n)) as at)
  select jsonb_build_object(
    'id', n.id, 'status', n.status, 'startedAt', n.started_at, 'finishedAt', n.finished_at,
    'compared', n.matched + n.differs + n.missing,
    'differences', (
      select count(distinct (w.entity_type, coalesce(w.entity_id::text, w.zoho_id)))
      from public.zoho_reconcile_runs r join public.zoho_reconcile_rows w on w.run_id = r.id
      where r.status = 'finished' and r.started_at >= s.at and w.repaired_at is null
        and (w.verdict in ('differs', 'missing') or (w.verdict = 'extra' and w.reason = 'doubled'))))
  from newest n, since s;
$$;

create or replace function zoho_sync.status_parts() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'questions', jsonb_build_object('open', q.records, 'oldestAt', q.oldest),
    'unknownWrites', jsonb_build_object('open', q.unknown_writes),
    'accountQuestions', jsonb_build_object('open', q.accounts),
    'fieldProblems', jsonb_build_object('open', (select count(*) from public.zoho_fields f where f.problem is not null)),
    'lastReconcile', zoho_sync.last_reconcile(),
    'alerts', (
      select jsonb_build_object('lastCheckedAt', max(a.checked_at),
        'on', coalesce(jsonb_agg(a.name order by a.since) filter (where a.state = 'on'), '[]'),
        'isStored', exists (select from zoho_sync.alert_channels))
      from public.zoho_alerts a))
  from (
    select count(*) filter (where n.kind <> 'account') as records, count(*) filter (where n.kind = 'account') as accounts,
      min(n.asked_at) as oldest, count(*) filter (where n.kind = 'unknown_write') as unknown_writes
    from public.zoho_questions n where n.closed_at is null and n.answer is null) q;
$$;

-- The newest attempt that succeeded. The newest rows may all be failures or come from Zoho: after a few thousand of
-- them the hours tell where to look.
create or replace function zoho_sync.last_write() returns timestamptz
language sql stable set search_path = '' as $$
  select coalesce(
    (select n.created_at from (
        select l.created_at, l.status, l.drain_id from public.zoho_sync_logs l order by l.created_at desc limit 2000) n
      where n.status = 'success' and n.drain_id is not null
      order by n.created_at desc limit 1),
    (select max(l.created_at) from public.zoho_sync_logs l
      where l.status = 'success' and l.drain_id is not null
        and l.created_at >= (select max(h.hour) from zoho_sync.attempt_hours h where h.succeeded > 0)
        and l.created_at < (select max(h.hour) from zoho_sync.attempt_hours h where h.succeeded > 0) + interval '1 hour'));
$$;

-- The owner's rights, for a schema that the API's roles do not see. Null where the platform keeps no record.
create or replace function zoho_sync.newest_migration() returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_version text;
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute 'select max(version) from supabase_migrations.schema_migrations' into v_version;
  end if;
  return v_version;
end $$;
