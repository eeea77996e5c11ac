-- What is known of entities beside their rows: the record and base of each, whether an attempt at it has an unknown
-- outcome, what a person answered, and which version of a contract's row this was read from.
create or replace function zoho_sync.known_of(p_types text[], p_ids uuid[])
returns table (entity_type text, entity_id uuid, mapping jsonb, in_doubt boolean, answers jsonb, row_version text)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select e.entity_type, e.id,
    case when m.id is not null then jsonb_build_object(
      'zoho_id', m.zoho_id, 'state', m.state, 'snapshot', m.snapshot, 'agreed_status', m.agreed_status,
      'revision', m.revision, 'loops', m.loops) end,
    zoho_sync.is_in_doubt(e.entity_type, e.id),
    (select coalesce(jsonb_agg(jsonb_build_object(
        'kind', a.kind, 'field', nullif(a.field, ''), 'choice', a.answer, 'shown', a.shown)), '[]')
      from public.zoho_questions a
      where a.entity_type = e.entity_type and a.entity_id = e.id and a.closed_at is null and a.answer is not null),
    case when e.entity_type = 'contract' then (select c.xmin::text from public.contracts c where c.id = e.id) end
  from unnest(p_types, p_ids) e (entity_type, id)
  left join public.zoho_entity_mappings m on m.circletel_type = e.entity_type and m.circletel_id = e.id;
end $$;

-- Whether an attempt at an entity's own record was never settled.
create or replace function zoho_sync.is_in_doubt(p_entity_type text, p_entity_id uuid) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return (
    select exists (
      select from public.zoho_sync_logs l
      where l.entity_type = p_entity_type and l.entity_id = p_entity_id and l.outcome = 'unknown'
        and l.created_at >= zoho_sync.org_since()));
end $$;

-- Our own attempts at records, oldest first: the newest twenty of each entity, and those that gave a record the revision
-- that it carries. p_records: [{entity_type, entity_id, revision}].
create or replace function public.zoho_attempts_of(p_records jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('entity_id', r.entity_id, 'attempts', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'sent', a.request_payload, 'status', a.made_for, 'revision', a.revision, 'outcome', a.outcome)
      order by a.created_at, a.id), '[]')
    from (
      (select l.* from public.zoho_sync_logs l
      where l.entity_type = r.entity_type and l.entity_id = r.entity_id and l.outcome is not null
        and l.created_at >= zoho_sync.org_since()
      order by l.created_at desc limit 20)
      union
      select l.* from public.zoho_sync_logs l
      where l.revision = r.revision and l.entity_type = r.entity_type and l.entity_id = r.entity_id) a))), '[]')
  from jsonb_to_recordset(p_records) r (entity_type text, entity_id uuid, revision text);
$$;

-- Attempts from before were made at records of another org.
create or replace function zoho_sync.org_since() returns timestamptz
language plpgsql stable set search_path = '' as $$
begin
  return coalesce((select i.org_since from zoho_sync.identity i), '-infinity');
end $$;
