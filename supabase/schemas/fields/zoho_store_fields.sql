-- Whether a field with this problem keeps no value at all.
create or replace function zoho_sync.loses_values(p_problem text) returns boolean
language sql immutable set search_path = '' as $$ select coalesce(p_problem in ('missing', 'read_only'), false) $$;

-- Values of a field that Zoho cannot hold any more are no longer said to be there.
create or replace function zoho_sync.forget_field(p_zoho_type text, p_field text, p_values text[] default null) returns void
language sql set search_path = '' as $$
  with mine as (
    select m.id from public.zoho_entity_mappings m
    where m.zoho_type = p_zoho_type and m.snapshot ? p_field
      and (p_values is null or m.snapshot ->> p_field = any (p_values))
    order by m.circletel_id
    for update)
  update public.zoho_entity_mappings m set snapshot = m.snapshot - p_field from mine where m.id = mine.id;
$$;

-- A field that is back is sent again for the kinds of record that are synced only: one that is switched off stays untouched.
create or replace function zoho_sync.refill_field(p_zoho_type text, p_field text) returns void
language plpgsql set search_path = '' as $$
begin
  perform from public.zoho_sync_queue q
  where q.status = 'dead' and q.error_field = p_field and q.error_code in ('FIELD_MISSING', 'PICKLIST_VALUE_MISSING')
  order by q.entity_id
  for update;
  update public.zoho_sync_queue q set status = 'pending', attempts = 0, next_attempt_at = now()
  from public.zoho_sync_state s
  where q.status = 'dead' and q.error_field = p_field and q.error_code in ('FIELD_MISSING', 'PICKLIST_VALUE_MISSING')
    and q.entity_type = any (s.synced_types);
  insert into public.zoho_sync_queue as queue (entity_type, entity_id, lane, cause)
  select m.circletel_type, m.circletel_id, 2, 'field is back'
  from public.zoho_entity_mappings m
  join public.zoho_sync_state s on m.circletel_type = any (s.synced_types)
  where m.zoho_type = p_zoho_type and m.state = 'linked' and not m.snapshot ? p_field
  order by m.circletel_id
  on conflict (entity_type, entity_id) do update set
    version = queue.version + 1,
    status = case when queue.status = 'in_flight' then queue.status else 'pending' end;
end $$;

-- Stores what was read of the fields of some modules, [{module, field, api_name, zoho_id, label, data_type, is_unique,
-- options, displayed, problem, missing_options}], and draws the consequences; the next reading is due in p_next_seconds. An empty
-- list only puts it off. Answers what zoho_field_rules does.
create or replace function public.zoho_store_fields(p_fields jsonb, p_next_seconds integer default 3600) returns jsonb
language plpgsql set search_path = '' as $$
declare
  r record;
  v_is_new boolean;
begin
  update public.zoho_sync_state s set fields_due_at = now() + make_interval(secs => p_next_seconds)
  where s.fields_due_at < 'infinity';
  for r in
    select n.*, o.problem as old_problem, o.missing_options as old_missing, o.zoho_id as old_id,
      case n.module when 'Quotes' then 'Estimates' else n.module end as zoho_type
    from jsonb_to_recordset(p_fields) n (module text, field text, zoho_id text, problem text, missing_options text[])
    left join public.zoho_fields o on o.module = n.module and o.field = n.field
    order by n.module, n.field
  loop
    v_is_new := r.old_id <> r.zoho_id;
    if coalesce(v_is_new, false) or (zoho_sync.loses_values(r.problem) and not zoho_sync.loses_values(r.old_problem)) then
      perform zoho_sync.forget_field(r.zoho_type, r.field);
    elsif exists (select unnest(r.missing_options) except select unnest(r.old_missing)) then
      perform zoho_sync.forget_field(r.zoho_type, r.field,
        array(select unnest(r.missing_options) except select unnest(r.old_missing)));
    end if;
    if not zoho_sync.loses_values(r.problem) and (
      coalesce(v_is_new, false) or zoho_sync.loses_values(r.old_problem)
      or exists (select unnest(r.old_missing) except select unnest(r.missing_options)))
    then
      -- Nothing waits for a revision: the next write of a stage carries one.
      if r.field <> 'CircleTel_Revision' then perform zoho_sync.refill_field(r.zoho_type, r.field); end if;
    end if;
  end loop;
  insert into public.zoho_fields as f
    (module, field, api_name, zoho_id, label, data_type, is_unique, options, displayed, problem, missing_options, problem_since, checked_at)
  select n.module, n.field, n.api_name, n.zoho_id, n.label, n.data_type, n.is_unique, n.options, coalesce(n.displayed, '{}'), n.problem,
    n.missing_options, case when n.problem is not null then now() end, now()
  from jsonb_to_recordset(p_fields) n (
    module text, field text, api_name text, zoho_id text, label text, data_type text, is_unique boolean, options text[],
    displayed text[],
    problem text, missing_options text[])
  on conflict (module, field) do update set
    -- A field that is gone is looked for by its id as long as it may come back.
    api_name = excluded.api_name, zoho_id = coalesce(excluded.zoho_id, f.zoho_id), label = excluded.label,
    data_type = excluded.data_type, is_unique = excluded.is_unique, options = excluded.options, displayed = excluded.displayed,
    problem = excluded.problem, missing_options = excluded.missing_options,
    problem_since = case when excluded.problem is not null then coalesce(f.problem_since, excluded.problem_since) end,
    checked_at = excluded.checked_at;
  return public.zoho_field_rules();
end $$;
