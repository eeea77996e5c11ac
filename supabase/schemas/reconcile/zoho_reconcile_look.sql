-- What CircleTel knows of records as Zoho has just answered them (p_records: [{zoho_id, reference}]) and of entities
-- (p_ids). One element for each record that is ours, by mapping or by reference, and for each entity:
--   { zoho_id, entity_id, exists, is_internal, reference, mapped_id, mapping, is_busy, dead_code, source }
-- is_busy: on its way at this moment, or written since p_read_at, so that what was read may be older than what is known.
-- A record that was deleted in Zoho and is there again was restored: its entity is sent.
create or replace function public.zoho_reconcile_look(
  p_entity_type text, p_read_at timestamptz, p_records jsonb default '[]', p_ids uuid[] default '{}') returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_zoho_type text := zoho_sync.zoho_type_of(p_entity_type);
  v_restored uuid[];
  v_zoho_ids text[];
  v_ids uuid[];
  v_answer jsonb;
begin
  with back as (
    select m.id from public.zoho_entity_mappings m
    join jsonb_to_recordset(p_records) r (zoho_id text) on r.zoho_id = m.zoho_id
    where m.zoho_type = v_zoho_type and m.state = 'deleted_in_zoho' and m.last_synced_at <= p_read_at
    order by m.circletel_id for update of m),
  linked as (
    update public.zoho_entity_mappings m set state = 'linked' from back b where m.id = b.id returning m.circletel_id)
  select array_agg(l.circletel_id) into v_restored from linked l;
  if v_restored is not null then
    perform zoho_sync.reconcile_enqueue(p_entity_type, v_restored, 'restored in Zoho');
  end if;

  with asked as (
    select r.zoho_id, r.reference from jsonb_to_recordset(p_records) r (zoho_id text, reference text)),
  mapped as (
    select a.zoho_id, m.circletel_id as entity_id from asked a
    join public.zoho_entity_mappings m on m.zoho_type = v_zoho_type and m.zoho_id = a.zoho_id
    where m.circletel_type = p_entity_type),
  -- Only of these the number is looked for: an invoice's has no index in CircleTel.
  strange as (
    select a.zoho_id, a.reference from asked a
    where a.reference is not null and not exists (select from mapped m where m.zoho_id = a.zoho_id)),
  pairs as (
    select m.zoho_id, m.entity_id from mapped m
    union all
    select a.zoho_id, e.entity_id from strange a
    join zoho_sync.reconcile_entities(p_entity_type, p_references => array(select r.reference from strange r)) e
      on e.reference = a.reference
    union all
    select null, i.id from unnest(p_ids) i (id))
  select array_agg(p.zoho_id), array_agg(p.entity_id) into v_zoho_ids, v_ids from pairs p;

  select jsonb_agg(jsonb_build_object(
    'zoho_id', p.zoho_id, 'entity_id', p.entity_id, 'exists', e.entity_id is not null,
    'is_internal', coalesce(e.is_internal, false), 'reference', e.reference,
    'mapped_id', coalesce(m.zoho_id, e.known_id),
    'mapping', case when m.id is not null then jsonb_build_object(
      'zoho_id', m.zoho_id, 'state', m.state, 'snapshot', m.snapshot, 'agreed_status', m.agreed_status,
      'revision', m.revision, 'loops', m.loops) end,
    'is_busy', coalesce(q.status in ('pending', 'in_flight'), false) or coalesce(m.last_synced_at > p_read_at, false),
    'dead_code', case when q.status = 'dead' then q.error_code end,
    'source', s.source))
  into v_answer
  from unnest(v_zoho_ids, v_ids) p (zoho_id, entity_id)
  left join zoho_sync.reconcile_entities(p_entity_type, coalesce(v_ids, '{}')) e on e.entity_id = p.entity_id
  left join public.zoho_entity_mappings m
    on m.circletel_type = p_entity_type and m.circletel_id = p.entity_id and m.zoho_type = v_zoho_type
  left join public.zoho_sync_queue q on q.entity_type = p_entity_type and q.entity_id = p.entity_id
  left join zoho_sync.sources(array_fill(p_entity_type, array[coalesce(cardinality(v_ids), 0)]), v_ids) s
    on s.entity_id = p.entity_id;
  return coalesce(v_answer, '[]');
end $$;
