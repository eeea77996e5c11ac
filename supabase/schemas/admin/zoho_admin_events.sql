-- An event as it is answered, in the order given, each with its cursor.
create or replace function zoho_sync.event_items(p_rows public.zoho_webhook_events[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', e.id, 'seq', e.seq, 'receivedAt', e.received_at, 'source', e.source, 'module', e.module,
    'operation', e.operation, 'recordId', e.record_id, 'status', e.status, 'reason', e.reason,
    'appliedAt', e.applied_at, 'modifiedAt', e.modified_at, 'modifiedBy', e.modified_by,
    'entityType', e.entity_type, 'entityId', e.entity_id, 'number', zoho_sync.entity_number(e.entity_type, e.entity_id),
    'cursor', e.seq::text) order by e.ordinality), '[]')
  from unnest(p_rows) with ordinality e;
$$;

-- Newest first. Seq is the order of receipt, so a span of time is a span of seq as well. Hints with nothing new are most of
-- them and are left out unless requested. p_text: a record's id, or what a search finds an entity by.
create or replace function public.zoho_admin_events(
  p_status text default null, p_module text default null, p_from timestamptz default null,
  p_to timestamptz default null, p_after bigint default null, p_limit integer default 50, p_text text default null,
  p_nothing_new boolean default true) returns jsonb
language plpgsql volatile set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  -- A minute to either side: two transactions may have taken their seq in the other order.
  v_first bigint := (select min(b.seq) from (select e.seq from public.zoho_webhook_events e
    where e.received_at >= p_from - interval '1 minute' order by e.received_at limit 100) b);
  v_last bigint := (select max(b.seq) from (select e.seq from public.zoho_webhook_events e
    where e.received_at < p_to + interval '1 minute' order by e.received_at desc limit 100) b);
  v_seqs bigint[] := case when p_text is not null then zoho_sync.hints_called(p_text) end;
  v_rows public.zoho_webhook_events[];
begin
  v_rows := array(
    select e from public.zoho_webhook_events e
    where (p_status is null or e.status = p_status) and (p_module is null or e.module = p_module)
      and (p_nothing_new or p_status is not null or e.status <> 'nothing_new')
      and (p_text is null or e.seq = any (v_seqs))
      and (p_from is null or (e.seq >= v_first and e.received_at >= p_from))
      and (p_to is null or (e.seq <= v_last and e.received_at < p_to))
      and (p_after is null or e.seq < p_after)
    order by e.seq desc
    limit p_limit + 1);
  return zoho_sync.page(zoho_sync.event_items(v_rows), p_limit);
end $$;

-- Hints that an operator means by a text, by their seq: of the entities that a search finds, and of a record by its id.
create or replace function zoho_sync.hints_called(p_text text) returns bigint[]
language plpgsql volatile set search_path = '' as $$
declare
  v_entities uuid[] := array(select e.id from jsonb_to_recordset(zoho_sync.entities_called(p_text)) e (id uuid));
begin
  return array(
    select e.seq from public.zoho_webhook_events e where e.entity_id = any (v_entities)
    union select r.seq from public.zoho_webhook_events r where r.record_id = btrim(p_text));
end $$;

create or replace function public.zoho_admin_event(p_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select zoho_sync.event_items(array[e]) -> 0 #- '{cursor}'
    || jsonb_build_object('told', e.told)
  from public.zoho_webhook_events e where e.id = p_id;
$$;
