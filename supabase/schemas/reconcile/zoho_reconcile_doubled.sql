-- Of several records that carry the reference of one entity, the one it is linked to is its record (else the oldest);
-- the others are for a person.
create or replace function public.zoho_reconcile_doubled(p_run uuid, p_entity_type text) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_count integer;
  v_ids constant uuid[] := array(
    select distinct o.entity_id from public.zoho_reconcile_rows o
    where o.run_id = p_run and o.entity_type = p_entity_type and o.verdict = 'differs' and o.reason = 'not_linked'
      and o.entity_id is not null);
begin
  update public.zoho_reconcile_rows r set verdict = 'extra', reason = 'doubled', fields = '{}'
  from (
    select o.id, o.zoho_id, coalesce(m.zoho_id, e.known_id, '') as linked_id,
      row_number() over (partition by o.entity_id order by length(o.zoho_id), o.zoho_id) as place
    from public.zoho_reconcile_rows o
    join zoho_sync.reconcile_entities(p_entity_type, v_ids) e on e.entity_id = o.entity_id
    left join public.zoho_entity_mappings m on m.circletel_type = p_entity_type and m.circletel_id = o.entity_id
      and m.zoho_type = zoho_sync.zoho_type_of(p_entity_type)
    where o.run_id = p_run and o.entity_type = p_entity_type and o.verdict = 'differs' and o.reason = 'not_linked') f
  where r.id = f.id and r.run_id = p_run
    and (f.place > 1 or f.linked_id <> f.zoho_id and f.linked_id in (
      select s.key from zoho_sync.reconcile_seen s where s.run_id = p_run and s.entity_type = p_entity_type));
  get diagnostics v_count = row_count;
  return v_count;
end $$;
