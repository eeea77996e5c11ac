-- Puts entities in the queue, each named once; those that do not go to the CRM are passed over. p_at says since when each
-- has been stale; null is now. p_look: Zoho's record must be read.
create or replace function zoho_sync.enqueue(
  p_types text[], p_ids uuid[], p_lanes smallint[], p_causes text[], p_forced boolean default false,
  p_at timestamptz[] default null, p_look boolean default false) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off as $$
begin
  if cardinality(coalesce(p_ids, '{}')) = 0 then return 0; end if;
  return (
    select zoho_sync.mark(array_agg(e.entity_type), array_agg(e.id), array_agg(e.lane), array_agg(e.cause), p_forced,
      array_agg(e.at), p_look)
    from unnest(p_types, p_ids, p_lanes, p_causes, p_at) e (entity_type, id, lane, cause, at)
    where (e.entity_type, e.id) in (select c.entity_type, c.entity_id from zoho_sync.crm_entities(p_types, p_ids) c));
end $$;

-- Marks entities, whether or not they go to the CRM: one that does not is settled without a call. In the order of the key, so
-- that two transactions over the same entities cannot deadlock. A dead letter comes back to life: the change may be the very
-- one that fixes it.
create or replace function zoho_sync.mark(
  p_types text[], p_ids uuid[], p_lanes smallint[], p_causes text[], p_forced boolean, p_at timestamptz[], p_look boolean)
returns integer
language plpgsql set search_path = '' as $$
declare
  v_count integer;
begin
  insert into public.zoho_sync_queue as queue (entity_type, entity_id, lane, cause, forced, look, enqueued_at)
  select e.entity_type, e.id, e.lane, e.cause, p_forced, p_look, coalesce(e.at, now())
  from unnest(p_types, p_ids, p_lanes, p_causes, p_at) e (entity_type, id, lane, cause, at)
  order by e.entity_type, e.id
  on conflict (entity_type, entity_id) do update set
    version = queue.version + 1,
    lane = least(queue.lane, excluded.lane),
    cause = excluded.cause,
    forced = queue.forced or excluded.forced,
    look = queue.look or excluded.look,
    status = case when queue.status = 'in_flight' then queue.status else 'pending' end,
    failed_rounds = 0,
    next_attempt_at = case when queue.status = 'pending' then least(queue.next_attempt_at, now()) else now() end;
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- The same for one kind, with one lane and one cause.
create or replace function public.zoho_enqueue(
  p_entity_type text, p_ids uuid[], p_lane smallint default 1, p_cause text default 'by hand',
  p_forced boolean default false, p_look boolean default false) returns integer
language sql set search_path = '' as $$
  select zoho_sync.enqueue(array_agg(p_entity_type), array_agg(i.id), array_agg(p_lane), array_agg(p_cause), p_forced, p_look => p_look)
  from (select distinct unnest(p_ids)) i (id);
$$;
