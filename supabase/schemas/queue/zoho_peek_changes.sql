-- What a claim would give a drain for these entities, without taking anything: for a dry run.
--   p_entities [{entity_type, entity_id}]
create or replace function public.zoho_peek_changes(p_entities jsonb) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_types text[] := array(select e.entity_type from jsonb_to_recordset(p_entities) e (entity_type text));
  v_ids uuid[] := array(select e.entity_id from jsonb_to_recordset(p_entities) e (entity_id uuid));
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'entity_type', k.entity_type, 'entity_id', k.entity_id, 'version', 0, 'lane', 1, 'failed_rounds', 0,
      'look', true, 'forced', false, 'cause', 'dry run', 'source', s.source, 'mapping', k.mapping,
      'in_doubt', k.in_doubt, 'answers', k.answers, 'row_version', k.row_version, 'planned_revision', null)), '[]')
    from zoho_sync.known_of(v_types, v_ids) k
    left join zoho_sync.sources(v_types, v_ids) s on s.entity_type = k.entity_type and s.entity_id = k.entity_id);
end $$;
