-- Stores a verified delivery, a hint for each record that it names, and marks their entities with a look, in one
-- transaction. Nothing of it is applied: a hint that is repeated, late or out of order only causes one look too many.
--   p_records [{id, modified_at, modified_by, told, values}]   (values are compared and not kept; null: not comparable)
-- Who calls starts a drain; the sweep is the guarantee. p_ours_only: what needs no look is not kept.
-- Answers { event_id, status, reason } of the hint that most wants to be seen, and { hints: n }.
create or replace function public.zoho_receive_hint(
  p_source text, p_module text, p_operation text, p_digest text, p_records jsonb,
  p_ours_only boolean default false) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan'
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
declare
  -- Judged once, so that an unmarked hint is not reported as received.
  v_judged jsonb := (select coalesce(jsonb_agg(to_jsonb(h)), '[]') from zoho_sync.hints_of(p_module, p_operation, p_records) h
    where not p_ours_only or h.status = 'received');
  v_hints public.zoho_webhook_events[];
begin
  -- The queue before the hints, as in a settlement: marked rows are locked, so none is settled in between.
  perform zoho_sync.mark(array_agg(h.entity_type), array_agg(h.entity_id), array_agg(0::smallint),
    array_agg('zoho: ' || p_operation), false, null, true)
  from (select distinct h.entity_type, h.entity_id
    from jsonb_to_recordset(v_judged) h (status text, entity_type text, entity_id uuid) where h.status = 'received') h;
  with stored as (
    insert into public.zoho_webhook_events as e
      (source, module, operation, record_id, digest, modified_at, modified_by, told, status, reason, applied_at,
       entity_type, entity_id)
    select p_source, p_module, p_operation, h.record_id, p_digest, h.modified_at, h.modified_by, h.told, h.status, h.reason,
      case when h.status <> 'received' then clock_timestamp() end, h.entity_type, h.entity_id
    from jsonb_populate_recordset(null::public.zoho_webhook_events, v_judged) h
    returning e)
  select array_agg(s.e) into v_hints from stored s;
  -- A webhook drains by itself.
  if p_source = 'poll' and v_hints is not null then perform zoho_sync.ring_doorbell(); end if;
  return (
    select jsonb_build_object('event_id', h.id, 'status', h.status, 'reason', h.reason, 'hints', cardinality(v_hints))
    from unnest(v_hints) h
    order by array_position(array['received', 'unmapped', 'ignored', 'nothing_new'], h.status), h.seq limit 1);
end $$;

-- What is to become of each record that a delivery names.
create or replace function zoho_sync.hints_of(p_module text, p_operation text, p_records jsonb)
returns table (record_id text, modified_at timestamptz, modified_by text, told jsonb, status text, reason text,
  entity_type text, entity_id uuid)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select r.id, case when j.status <> 'unmapped' then r.modified_at end, case when j.status <> 'unmapped' then r.modified_by end,
    case when j.status <> 'unmapped' then r.told end,
    j.status, case j.status
      when 'unmapped' then case when t.entity_type is null then 'CircleTel reads nothing of ' || p_module
        else format('No %s of CircleTel owns this record', t.entity_type) end
      when 'ignored' then format('The %s does not go to the CRM any more', t.entity_type)
      when 'nothing_new' then case when p_operation = 'delete' then 'Its deletion is known'
        else 'The hint has the values that CircleTel knows' end end,
    coalesce(m.circletel_type, p.circletel_type), coalesce(m.circletel_id, p.circletel_id)
  from jsonb_to_recordset(p_records) r (id text, modified_at timestamptz, modified_by text, told jsonb, "values" jsonb)
  left join zoho_sync.record_types() t on t.module = p_module
  left join public.zoho_entity_mappings m on m.zoho_type = t.zoho_type and m.zoho_id = r.id
  -- An Account that is gone: a record that we left pointing to it shows whether it was merged, and into which.
  left join lateral (
    select q.circletel_type, q.circletel_id from public.zoho_entity_mappings q
    where p_module = 'Accounts' and p_operation = 'delete' and q.state = 'linked'
      and exists (select from public.zoho_accounts a where a.zoho_id = r.id)
      and q.snapshot #>> '{Account_Name,id}' = r.id
    limit 1) p on true
  cross join lateral (select case
    when p.circletel_id is not null then 'received'
    when m.id is null then 'unmapped'
    when m.state in ('orphaned', 'unlinked') then 'ignored'
    -- While the entity is queued or in flight, a restored record may just have been read: it is looked at again.
    when p_operation = 'delete' then case when m.state = 'deleted_in_zoho' and not exists (
        select from public.zoho_sync_queue q
        where q.entity_type = m.circletel_type and q.entity_id = m.circletel_id) then 'nothing_new' else 'received' end
    when zoho_sync.says_nothing_new(m, r."values") then 'nothing_new'
    else 'received' end
    -- Judged once a record, not once for each column that shows it.
    offset 0) j (status);
end $$;

-- Whether a hint needs no look: all its values equal base, and the entity has nothing queued, in flight or in question (a
-- record that is moved back answers its question). Most hints are the echo of our own write. Hints have no line items, so a
-- record that has some is always looked at.
create or replace function zoho_sync.says_nothing_new(p_mapping public.zoho_entity_mappings, p_values jsonb) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return p_mapping.state = 'linked' and coalesce(p_values, '{}') <> '{}'
    and p_mapping.zoho_type not in ('Estimates', 'Invoices')
    and not exists (select from jsonb_each(p_values) t
      where t.value is distinct from coalesce(p_mapping.snapshot -> t.key, 'null'))
    and not exists (select from public.zoho_sync_queue q
      where q.entity_type = p_mapping.circletel_type and q.entity_id = p_mapping.circletel_id)
    and not exists (select from public.zoho_questions n
      where n.entity_type = p_mapping.circletel_type and n.entity_id = p_mapping.circletel_id
        and n.closed_at is null and n.kind <> 'conflict')
    and not zoho_sync.is_in_doubt(p_mapping.circletel_type, p_mapping.circletel_id);
end $$;
