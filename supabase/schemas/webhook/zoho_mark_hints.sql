-- Marks what hints spoke of with a look, again: a replay. p_ids are hints; p_from and p_to a span of time, p_status those
-- with one outcome. Answers { marked, entities: [{entity_type, entity_id}] }; with p_dry_run nothing is marked.
create or replace function public.zoho_mark_hints(
  p_ids uuid[] default null, p_from timestamptz default null, p_to timestamptz default null, p_status text default null,
  p_dry_run boolean default false, p_limit integer default 5000) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off as $$
declare
  v_types text[];
  v_ids uuid[];
  v_hints uuid[];
  v_marked integer := 0;
begin
  -- Two statements, each with its index: the sweep asks every 30 s, of a table that may hold a million hints.
  if p_ids is not null then
    v_hints := array(
      select e.id from public.zoho_webhook_events e
      where e.id = any (p_ids) and (p_status is null or e.status = p_status) order by e.seq limit p_limit);
  else
    v_hints := array(
      select e.id from public.zoho_webhook_events e
      where e.received_at >= p_from and e.received_at < p_to and (p_status is null or e.status = p_status)
      order by e.received_at, e.seq limit p_limit);
  end if;
  -- One without an entity is looked up again: its mapping may exist by now.
  select array_agg(x.circletel_type), array_agg(x.circletel_id) into v_types, v_ids
  from (
    select distinct m.circletel_type, m.circletel_id
    from public.zoho_webhook_events e
    join zoho_sync.record_types() t on t.module = e.module
    join public.zoho_entity_mappings m on m.zoho_type = t.zoho_type and m.zoho_id = e.record_id
      or (m.circletel_type = e.entity_type and m.circletel_id = e.entity_id)
    where e.id = any (v_hints)) x;
  if not p_dry_run and v_ids is not null then
    v_marked := zoho_sync.enqueue(v_types, v_ids, array_fill(1::smallint, array[cardinality(v_ids)]),
      array_fill('replay'::text, array[cardinality(v_ids)]), p_look => true);
    update public.zoho_webhook_events e set status = 'received', reason = null, applied_at = null,
      entity_type = m.circletel_type, entity_id = m.circletel_id
    from zoho_sync.record_types() t join public.zoho_entity_mappings m on m.zoho_type = t.zoho_type
    where e.id = any (v_hints) and t.module = e.module and m.zoho_id = e.record_id
      and exists (select from public.zoho_sync_queue q
        where q.entity_type = m.circletel_type and q.entity_id = m.circletel_id);
    perform zoho_sync.ring_doorbell();
  end if;
  return jsonb_build_object('hints', cardinality(v_hints), 'marked', v_marked, 'entities', (
    select coalesce(jsonb_agg(jsonb_build_object('entity_type', u.entity_type, 'entity_id', u.id)), '[]')
    from unnest(v_types, v_ids) u (entity_type, id)));
end $$;
