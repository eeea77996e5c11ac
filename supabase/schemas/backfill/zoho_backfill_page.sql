-- Everything that a claim would give the drain for these entities, with what the dry run would have made by now.
create or replace function zoho_sync.backfill_changes(p_run uuid, p_entity_type text, p_ids uuid[])
returns table (entity_id uuid, change jsonb)
language sql stable set search_path = '' as $$
  select i.id, jsonb_build_object(
    'entity_type', p_entity_type, 'entity_id', i.id, 'version', 1, 'lane', 2, 'failed_rounds', 0,
    'look', false, 'forced', false, 'cause', 'dry run', 'in_doubt', k.in_doubt, 'mapping', k.mapping,
    'answers', k.answers, 'row_version', k.row_version, 'planned_revision', null,
    'refusal', case when s.source is null or s.source -> 'internal_test' = 'true'
      then zoho_sync.backfill_refusal(p_entity_type, i.id) end,
    'source', s.source || jsonb_build_object(
      'account_id', coalesce(s.source ->> 'account_id', la.zoho_id),
      'contact', coalesce(nullif(s.source -> 'contact', 'null'),
        case when lc.zoho_id is not null then jsonb_build_object(
          'zoho_id', lc.zoho_id, 'snapshot', '{}'::jsonb, 'is_planned', true) end)))
  from unnest(p_ids) i (id)
  left join zoho_sync.sources(array_fill(p_entity_type, array[cardinality(p_ids)]), p_ids) s on s.entity_id = i.id
  left join zoho_sync.known_of(array_fill(p_entity_type, array[cardinality(p_ids)]), p_ids) k on k.entity_id = i.id
  left join zoho_sync.backfill_links la
    on la.run_id = p_run and la.kind = 'account' and la.key = s.source ->> 'account_key'
  left join zoho_sync.backfill_links lc
    on lc.run_id = p_run and lc.kind = 'customer' and lc.key = s.source #>> '{customer,id}';
$$;

-- The next page of a dry run: { changes, products }, the changes as a claim would give them; none when all are planned.
create or replace function public.zoho_backfill_page(p_run uuid, p_limit integer) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_ids constant uuid[] := zoho_sync.backfill_next(p_run, p_limit);
begin
  return jsonb_build_object(
    'changes', (
      select coalesce(jsonb_agg(c.change order by array_position(v_ids, c.entity_id)), '[]')
      from zoho_sync.backfill_changes(p_run,
        (select r.entity_type from public.zoho_backfill_runs r where r.id = p_run), v_ids) c),
    'products', (
      select coalesce(jsonb_object_agg(l.key, l.zoho_id), '{}') from zoho_sync.backfill_links l
      where l.run_id = p_run and l.kind = 'product'));
end $$;
