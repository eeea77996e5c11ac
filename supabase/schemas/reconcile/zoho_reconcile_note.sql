-- Stores a page of verdicts and the cursor behind it, in one transaction. p_results:
--   [{zoho_id, entity_id, reference, verdict, reason, fields}]
-- p_replaces: rows that these results take the place of. Answers the database's clock for the next read, or null when
-- another step has the run.
create or replace function public.zoho_reconcile_note(
  p_run uuid, p_worker uuid, p_lease_seconds integer, p_results jsonb, p_cursor jsonb,
  p_spent jsonb default '{"calls": 0, "credits": 0}', p_entity_type text default null,
  p_replaces bigint[] default '{}', p_finished boolean default false)
returns timestamptz
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_matched integer;
  v_by_type jsonb;
begin
  perform from public.zoho_reconcile_runs r
  where r.id = p_run and r.status = 'running' and r.lease_owner = p_worker for update;
  if not found then return null; end if;

  delete from public.zoho_reconcile_rows r where r.run_id = p_run and r.id = any (p_replaces);
  with results as (
    select r.*, coalesce(r.zoho_id, r.entity_id::text) as key
    from jsonb_to_recordset(p_results) r (
      zoho_id text, entity_id uuid, reference text, verdict text, reason text, fields jsonb)),
  fresh as (
    insert into zoho_sync.reconcile_seen (run_id, entity_type, key)
    select distinct p_run, p_entity_type, r.key from results r where r.key is not null
    on conflict do nothing returning key),
  counted as (
    select r.* from results r
    where cardinality(p_replaces) > 0 or exists (select from fresh f where f.key = r.key)),
  stored as (
    insert into public.zoho_reconcile_rows
      (run_id, entity_type, entity_id, zoho_type, zoho_id, reference, verdict, reason, fields)
    select p_run, p_entity_type, c.entity_id, zoho_sync.zoho_type_of(p_entity_type), c.zoho_id, c.reference, c.verdict,
      c.reason, coalesce(c.fields, '{}')
    from counted c where c.verdict <> 'match')
  select count(*) filter (where c.verdict = 'match') into v_matched from counted c;

  perform zoho_sync.record_credits(2::smallint, (p_spent ->> 'credits')::integer, (p_spent ->> 'calls')::integer);

  update public.zoho_reconcile_runs r set
    cursor = p_cursor, faults = 0, error_code = null, error_message = null,
    matched = r.matched + v_matched,
    counts = case when p_entity_type is null then r.counts else r.counts || jsonb_build_object(p_entity_type,
      jsonb_build_object('match', coalesce((r.counts #>> array[p_entity_type, 'match'])::integer, 0) + v_matched)) end,
    calls = r.calls + (p_spent ->> 'calls')::integer, credits = r.credits + (p_spent ->> 'credits')::integer,
    lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds)
  where r.id = p_run;
  if not p_finished then return clock_timestamp(); end if;

  select coalesce(jsonb_object_agg(t.entity_type, t.verdicts), '{}') into v_by_type from (
    select v.entity_type, jsonb_object_agg(v.verdict, v.n) as verdicts from (
      select r.entity_type, r.verdict, count(*) as n from public.zoho_reconcile_rows r
      where r.run_id = p_run group by r.entity_type, r.verdict) v group by v.entity_type) t;
  update public.zoho_reconcile_runs r set
    status = 'finished', finished_at = clock_timestamp(), lease_owner = null, lease_until = null,
    counts = (select jsonb_object_agg(e.type, coalesce(r.counts -> e.type, '{"match": 0}')
      || coalesce(v_by_type -> e.type, '{}')) from unnest(r.entity_types) e (type)),
    differs = n.differs, missing = n.missing, extra = n.extra, queued = n.queued
  from (
    select count(*) filter (where w.verdict = 'differs') as differs,
      count(*) filter (where w.verdict = 'missing') as missing,
      count(*) filter (where w.verdict = 'extra') as extra,
      count(*) filter (where w.verdict = 'queued') as queued
    from public.zoho_reconcile_rows w where w.run_id = p_run) n
  where r.id = p_run;
  delete from zoho_sync.reconcile_seen s where s.run_id = p_run;
  perform zoho_sync.look_at_differences(p_run);
  return clock_timestamp();
end $$;
