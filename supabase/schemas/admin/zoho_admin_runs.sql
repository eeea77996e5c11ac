-- A backfill or a comparison; what is not common to both is in `details`.
create or replace function zoho_sync.long_run(p_kind text, p_run jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('kind', p_kind, 'id', p_run ->> 'id', 'status', p_run ->> 'status',
    'startedAt', p_run -> 'started_at', 'finishedAt', p_run -> 'finished_at',
    'details', p_run - array['id', 'status', 'started_at', 'finished_at', 'cursor', 'lease_owner', 'lease_until',
      'step_owner', 'step_until']);
$$;

create or replace function public.zoho_admin_runs(p_limit integer default 50) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'drains', coalesce((
      select jsonb_agg(jsonb_build_object('drainId', d.drain_id, 'startedAt', d.started_at,
        'finishedAt', case when d.under_way = 0 then d.finished_at end,
        'succeeded', d.succeeded, 'failed', d.failed, 'underWay', d.under_way) order by d.started_at desc)
      from (
        select n.drain_id, min(n.created_at) as started_at, max(n.finished_at) as finished_at,
          count(*) filter (where n.status = 'success') as succeeded,
          count(*) filter (where n.status in ('failed', 'retrying')) as failed,
          count(*) filter (where n.status = 'pending') as under_way
        from (
          select l.drain_id, l.created_at, l.finished_at, l.status from public.zoho_sync_logs l
          order by l.created_at desc limit 2000) n
        where n.drain_id is not null
        group by n.drain_id order by 2 desc limit p_limit) d), '[]'),
    'longRuns', coalesce((
      select jsonb_agg(r.run order by r.run ->> 'startedAt' desc)
      from (
        (select zoho_sync.long_run('backfill', to_jsonb(b)) as run
          from public.zoho_backfill_runs b order by b.started_at desc limit p_limit)
        union all
        (select zoho_sync.long_run('reconcile', to_jsonb(c))
          from public.zoho_reconcile_runs c order by c.started_at desc limit p_limit)) r), '[]'));
$$;
