-- Which of these Zoho ids are ours and thought to be there.
create or replace function public.zoho_known_records(p_zoho_type text, p_ids text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'zoho_id', m.zoho_id, 'entity_type', m.circletel_type, 'entity_id', m.circletel_id, 'reference', e.reference)), '[]')
  from public.zoho_entity_mappings m
  left join lateral zoho_sync.reconcile_entities(m.circletel_type, array[m.circletel_id]) e on true
  where m.zoho_type = p_zoho_type and m.zoho_id = any (p_ids) and m.state = 'linked';
$$;
