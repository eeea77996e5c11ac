-- Entities whose record has not come, in the order of ids: all of them in a full run; in an incremental one those that
-- changed here or never had a record. is_found says that another record with their reference came. One window of p_window
-- entities a call, each some six reads of a cold disk, so that its time does not grow with the table. Answers
-- { entities: [{entity_id, is_found}], next }: behind `next` the following call continues; null after the last window.
create or replace function public.zoho_reconcile_unseen(
  p_run uuid, p_entity_type text, p_since timestamptz default null, p_after uuid default null,
  p_limit integer default 500, p_window integer default 2000) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_ids constant uuid[] := zoho_sync.entities_after(p_entity_type, p_after, p_window);
  v_found jsonb;
begin
  v_found := zoho_sync.unseen_of(p_run, p_entity_type, p_since, v_ids, p_limit);
  return jsonb_build_object('entities', v_found, 'next', case
    when jsonb_array_length(v_found) = p_limit then v_found -> -1 -> 'entity_id'
    when cardinality(v_ids) = p_window then to_jsonb(v_ids[p_window]) end);
end $$;

-- The ids of the next rows of a kind, in order.
create or replace function zoho_sync.entities_after(p_entity_type text, p_after uuid, p_limit integer) returns uuid[]
language plpgsql stable set search_path = '' as $$
declare
  v_ids uuid[];
begin
  execute format('select array(select r.id from public.%I r where $1 is null or r.id > $1 order by r.id limit $2)',
    (select t.source_table from zoho_sync.record_types() t where t.entity_type = p_entity_type))
  into v_ids using p_after, p_limit;
  return v_ids;
end $$;

-- Of these entities those that the run has not judged. `in` and `not in`, which are hashed whatever the planner thinks of a
-- table that was empty a minute ago: as `not exists` this took 38 s for 10,000 entities (2 cores). The keys are asked for by
-- name, since a hash of all that a large run has seen does not fit into work_mem, and then every row is compared with every key.
create or replace function zoho_sync.unseen_of(
  p_run uuid, p_entity_type text, p_since timestamptz, p_ids uuid[], p_limit integer) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_zoho_type constant text := zoho_sync.zoho_type_of(p_entity_type);
  v_keys text[];
  v_seen text[];
begin
  v_keys := p_ids::text[] || array(
    select m.zoho_id from public.zoho_entity_mappings m
    where m.circletel_type = p_entity_type and m.circletel_id = any (p_ids) and m.zoho_type = v_zoho_type)
    || array(select e.known_id from zoho_sync.reconcile_entities(p_entity_type, p_ids) e where e.known_id is not null);
  v_seen := array(
    select s.key from zoho_sync.reconcile_seen s
    where s.run_id = p_run and s.entity_type = p_entity_type and s.key = any (v_keys));
  return (
    select coalesce(jsonb_agg(jsonb_build_object('entity_id', u.entity_id, 'is_found', u.is_found)
      order by u.entity_id), '[]')
    from (
      select w.entity_id, w.is_found
      from (
        select e.entity_id, e.changed_at, m.id as mapping_id, m.last_synced_at,
          coalesce(m.zoho_id, e.known_id, '') as zoho_id,
          e.entity_id in (
            select r.entity_id from public.zoho_reconcile_rows r
            where r.run_id = p_run and r.verdict = 'differs' and r.reason = 'not_linked'
              and r.entity_type = p_entity_type and r.entity_id is not null) as is_found
        from zoho_sync.reconcile_entities(p_entity_type, p_ids) e
        left join public.zoho_entity_mappings m on m.circletel_type = p_entity_type and m.circletel_id = e.entity_id
          and m.zoho_type = v_zoho_type
        where not e.is_internal) w
      where (p_since is null or w.changed_at >= p_since or w.last_synced_at >= p_since or w.mapping_id is null
          or w.is_found)
        and w.zoho_id not in (select unnest(v_seen)) and w.entity_id::text not in (select unnest(v_seen))
      order by w.entity_id limit p_limit) u);
end $$;
