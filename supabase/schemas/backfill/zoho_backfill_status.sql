-- Lane 2 of the ledger since the run began. Exact while nothing else works in that lane: reconciliation repairs do.
create or replace function zoho_sync.backfill_credits(p_run public.zoho_backfill_runs) returns integer
language sql stable set search_path = '' as $$
  select greatest(0, coalesce(sum(l.credits), 0) - p_run.credits_before)::integer
  from public.zoho_credit_ledger l
  where l.lane = 2
    and l.quarter >= date_bin('15 minutes', p_run.started_at, timestamptz '2000-01-01 00:00:00+00');
$$;

-- Updates each item with its outcome in the queue since the last call.
create or replace function zoho_sync.backfill_follow(p_run uuid) returns void
language sql set search_path = '' as $$
  with now_is as (
    select i.entity_id, case
        when q.entity_id is null then 'done'
        when q.status = 'dead' then 'refused'
        when q.status = 'pending' and q.error_code is not null and q.next_attempt_at > now() then 'retrying'
        else 'queued' end as state, q.error_code
    from public.zoho_backfill_items i
    left join public.zoho_sync_queue q on q.entity_type = i.entity_type and q.entity_id = i.entity_id
    where i.run_id = p_run and (i.state in ('queued', 'retrying')
      or i.state = 'refused' and i.reason not in (
        'INTERNAL_TEST', 'NOT_FOUND', 'SWITCHED_OFF', 'NO_NUMBER', 'CONSUMER')))
  update public.zoho_backfill_items i set state = n.state, plan = null,
    reason = case when n.state in ('refused', 'retrying') then n.error_code end
  from now_is n
  where i.run_id = p_run and i.entity_id = n.entity_id and i.state <> n.state;
$$;

-- As reported: a cancelled run leaves the items it has not taken as they are, possibly a million rows.
create or replace function zoho_sync.backfill_state(p_status text, p_state text) returns text
language sql immutable set search_path = '' as $$
  select case when p_status = 'cancelled' and p_state in ('new', 'planned') then 'cancelled' else p_state end;
$$;

-- Outcomes of up to p_most items that were tried: from their attempts, or from an open question about the record. An
-- attempt of a live change is none of the run's.
create or replace function zoho_sync.backfill_judge(p_run public.zoho_backfill_runs, p_most integer default 30000) returns void
language sql set search_path = '' as $$
  update public.zoho_backfill_items i set plan = case
      when i.state in ('refused', 'retrying') or a.action is null and w.reason is not null then 'refuse'
      -- A record whose create had no answer is found again, and nothing has to be written to it.
      when a.action is null then case when i.mapped or not l.is_linked then 'skip' else 'link' end
      when a.action = 'insert' then 'create'
      when not i.mapped then 'link'
      else 'update' end,
    reason = case when a.action is null then coalesce(i.reason, w.reason) else i.reason end
  from (
    select t.* from public.zoho_backfill_items t
    where t.run_id = p_run.id and t.plan is null and t.state in ('done', 'refused', 'retrying') limit p_most) o
  left join lateral (
    select l.response_payload ->> 'action' as action from public.zoho_sync_logs l
    where l.entity_type = o.entity_type and l.entity_id = o.entity_id
      and l.zoho_entity_type = zoho_sync.zoho_type_of(o.entity_type) and l.status = 'success'
      and l.created_at >= p_run.started_at and l.cause = zoho_sync.backfill_cause(p_run.id)
    order by l.created_at limit 1) a on true
  cross join lateral (
    select exists (select from public.zoho_entity_mappings m
      where m.circletel_type = o.entity_type and m.circletel_id = o.entity_id) as is_linked) l
  left join lateral (
    select case q.kind when 'record_gone' then 'RECORD_NOT_FOUND' when 'record_taken' then 'RECORD_TAKEN' else 'QUESTION' end as reason
    from public.zoho_questions q
    where q.entity_type = o.entity_type and q.entity_id = o.entity_id and q.closed_at is null
      and q.kind in ('record_gone', 'record_found', 'record_taken') limit 1) w on true
  where i.run_id = p_run.id and o.entity_id = i.entity_id;
$$;

-- Brings a real run up to date; it ends when every item was tried.
create or replace function zoho_sync.backfill_refresh(p_run uuid) returns void
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_run public.zoho_backfill_runs;
begin
  -- Another session has the run locked and is working on it; the next call comes in a second.
  select * into v_run from public.zoho_backfill_runs r
  where r.id = p_run and not r.dry_run and r.status = 'running' for update skip locked;
  if not found then return; end if;
  perform zoho_sync.backfill_follow(p_run);
  perform zoho_sync.backfill_judge(v_run);
  if not v_run.is_listed
    or exists (select from public.zoho_backfill_items i where i.run_id = p_run and i.state in ('new', 'queued'))
    or exists (select from public.zoho_backfill_items i
      where i.run_id = p_run and i.plan is null and i.state in ('done', 'refused', 'retrying')) then
    return;
  end if;
  update public.zoho_backfill_runs r set status = 'finished', finished_at = now(),
    outcome = zoho_sync.backfill_counts(p_run), credits_used = zoho_sync.backfill_credits(v_run)
  where r.id = p_run;
end $$;

-- A run with its progress; without p_run the newest ones, as they stand.
create or replace function public.zoho_backfill_status(p_run uuid default null, p_limit integer default 20) returns jsonb
language plpgsql set search_path = '' as $$
begin
  if p_run is not null then perform zoho_sync.backfill_refresh(p_run); end if;
  return (
    select coalesce(jsonb_agg(s.run order by s.started_at desc), '[]') from (
      select r.started_at, to_jsonb(r) - array['step_owner', 'step_until', 'credits_before', 'listed',
          'listed_made_at', 'listed_id', 'is_listed'] || jsonb_build_object(
        'credits_used', case when r.dry_run or r.status <> 'running' then r.credits_used
          else zoho_sync.backfill_credits(r) end,
        'states', coalesce((
          select jsonb_object_agg(c.state, c.n) from (
            select zoho_sync.backfill_state(r.status, g.state) as state, sum(g.n) as n from (
              select i.state, count(*) as n from public.zoho_backfill_items i where i.run_id = r.id group by i.state) g
            group by 1) c), '{}'),
        'reasons', coalesce((
          select jsonb_object_agg(c.reason, c.n) from (
            select i.reason, count(*) as n from public.zoho_backfill_items i
            where i.run_id = r.id and i.reason is not null group by i.reason) c), '{}'),
        'waits_for', (
          select case when s.paused_until > now() then s.pause_code
            when not r.dry_run and zoho_sync.is_observing() then 'OBSERVING'
            when zoho_sync.lane_by_credits(s.daily_credits) < 2 then 'CREDITS' end
          from public.zoho_sync_state s)) as run
      from public.zoho_backfill_runs r
      where p_run is null or r.id = p_run
      order by r.started_at desc limit p_limit) s);
end $$;
