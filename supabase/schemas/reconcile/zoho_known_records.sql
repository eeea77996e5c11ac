-- Which of these Zoho ids are ours, in whatever state, and what their entities are called. A contract that only names its Deal
-- (state named), as the original service left it, owns it, too.
create or replace function public.zoho_known_records(p_zoho_type text, p_ids text[]) returns jsonb
language sql stable set search_path = '' as $$
  with owners as (
    select m.zoho_id, m.circletel_type as entity_type, m.circletel_id as entity_id, m.state, m.snapshot
    from public.zoho_entity_mappings m where m.zoho_type = p_zoho_type and m.zoho_id = any (p_ids)
    union all
    select c.zoho_deal_id, 'contract', c.id, 'named', '{}' from public.contracts c
    where p_zoho_type = 'Deals' and c.zoho_deal_id = any (p_ids) and not exists (
      select from public.zoho_entity_mappings m
      where m.zoho_type = 'Deals' and m.zoho_id = c.zoho_deal_id and m.circletel_id = c.id)),
  names as (
    select k.entity_type, e.entity_id, e.reference
    from (select o.entity_type, array_agg(o.entity_id) as ids from owners o group by o.entity_type) k
    cross join lateral zoho_sync.reconcile_entities(k.entity_type, k.ids) e)
  select coalesce(jsonb_agg(jsonb_build_object('zoho_id', o.zoho_id, 'entity_type', o.entity_type, 'entity_id', o.entity_id,
    'state', o.state, 'reference', coalesce(e.reference, o.snapshot ->> t.reference)) order by o.state = 'named', o.entity_id), '[]')
  from owners o
  join zoho_sync.record_types() t on t.entity_type = o.entity_type
  left join names e on e.entity_type = o.entity_type and e.entity_id = o.entity_id;
$$;
