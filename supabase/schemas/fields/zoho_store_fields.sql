-- Whether a field keeps no value at all.
create or replace function zoho_sync.loses_values(p_field public.zoho_fields) returns boolean
language sql immutable set search_path = '' as $$
  select coalesce(p_field.problem in ('missing', 'read_only'), false) or coalesce(p_field.is_optional and p_field.data_type is null, false);
$$;

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
  update public.zoho_sync_queue q set status = 'pending', failed_rounds = 0, next_attempt_at = now()
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

-- What became of a field since it was read last, in words; null when it is the same. Until it was read again, values were
-- written under its old name or to its old options: Zoho answers SUCCESS and drops them.
create or replace function zoho_sync.field_change(p_old public.zoho_fields, p_new public.zoho_fields) returns text
language sql immutable set search_path = '' as $$
  select case
    when zoho_sync.loses_values(p_old) or zoho_sync.loses_values(p_new) then null
    when p_old.zoho_id <> p_new.zoho_id then format('%s.%s was created again in Zoho', p_new.module, p_new.field)
    when p_old.api_name <> p_new.api_name then
      format('%s.%s is called %s in Zoho now and was %s', p_new.module, p_new.field, p_new.api_name, p_old.api_name)
    when p_old.data_type <> p_new.data_type then
      format('%s.%s is of type %s in Zoho now and was %s', p_new.module, p_new.field, p_new.data_type, p_old.data_type) end;
$$;

-- Options of a picklist that are gone or are shown under another name, by the name that the API writes.
create or replace function zoho_sync.changed_options(p_old public.zoho_fields, p_new public.zoho_fields) returns text[]
language sql immutable set search_path = '' as $$
  select coalesce(array_agg(c.actual), '{}') from (
    select * from unnest(p_old.options, p_old.displayed) o (actual, displayed)
    except select * from unnest(p_new.options, p_new.displayed) n (actual, displayed)) c
  where p_old.data_type = p_new.data_type;
$$;

-- Draws the consequences for one field: what Zoho does not hold any more, or may never have got, is forgotten and sent again.
create or replace function zoho_sync.apply_field(p_old public.zoho_fields, p_new public.zoho_fields) returns void
language plpgsql set search_path = '' as $$
declare
  v_type constant text := case p_new.module when 'Quotes' then 'Estimates' else p_new.module end;
  -- Nothing waits for a revision, the next write of a stage carries one; and what both sides agreed on of a stage stays.
  v_is_kept constant boolean := p_new.field in ('Stage', 'CircleTel_Revision');
  v_change constant text := zoho_sync.field_change(p_old, p_new);
  v_gone constant text[] := array(select unnest(p_new.missing_options) except select unnest(p_old.missing_options));
  v_back constant boolean := exists (select unnest(p_old.missing_options) except select unnest(p_new.missing_options));
  v_renamed constant text[] := case when v_is_kept then '{}'
    else array(select unnest(zoho_sync.changed_options(p_old, p_new)) except select unnest(p_new.missing_options)) end;
begin
  if (v_change is not null and not v_is_kept)
    or (zoho_sync.loses_values(p_new) and not zoho_sync.loses_values(p_old)) then
    perform zoho_sync.forget_field(v_type, p_new.field);
  elsif v_gone || v_renamed <> '{}' then
    perform zoho_sync.forget_field(v_type, p_new.field, v_gone || v_renamed);
  end if;
  if zoho_sync.loses_values(p_new) or p_new.field = 'CircleTel_Revision' then return; end if;
  if v_change is not null or zoho_sync.loses_values(p_old) or v_back or v_renamed <> '{}' then
    perform zoho_sync.refill_field(v_type, p_new.field);
  end if;
  if v_change is not null or v_renamed <> '{}' then
    insert into public.zoho_notices (kind, message) values ('field_changed', coalesce(v_change, format(
      'Options of %s.%s are called otherwise in Zoho or are gone: %s', p_new.module, p_new.field, array_to_string(v_renamed, ', ')))
      || '. Its values are sent again.');
  end if;
end $$;

-- Stores what was read of the fields of some modules, [{module, field, api_name, zoho_id, label, data_type, is_unique, is_optional,
-- options, displayed, problem, missing_options}], and draws the consequences; the next reading is due in p_next_seconds. An empty
-- list only puts it off. Answers what zoho_field_rules does.
create or replace function public.zoho_store_fields(p_fields jsonb, p_next_seconds integer default 3600) returns jsonb
language plpgsql set search_path = '' as $$
declare
  r record;
begin
  update public.zoho_sync_state s set fields_due_at = now() + make_interval(secs => p_next_seconds)
  where s.fields_due_at < 'infinity';
  for r in
    select o as old_field, n as new_field
    from jsonb_populate_recordset(null::public.zoho_fields, p_fields) n
    left join public.zoho_fields o on o.module = n.module and o.field = n.field
    order by n.module, n.field
  loop
    perform zoho_sync.apply_field(r.old_field, r.new_field);
  end loop;
  insert into public.zoho_fields as f
    (module, field, api_name, zoho_id, label, data_type, is_unique, is_optional, options, displayed, problem, missing_options, problem_since,
    checked_at)
  select n.module, n.field, n.api_name, n.zoho_id, n.label, n.data_type, n.is_unique, coalesce(n.is_optional, false), n.options,
    coalesce(n.displayed, '{}'), n.problem,
    n.missing_options, case when n.problem is not null then now() end, now()
  from jsonb_to_recordset(p_fields) n (
    module text, field text, api_name text, zoho_id text, label text, data_type text, is_unique boolean, is_optional boolean, options text[],
    displayed text[],
    problem text, missing_options text[])
  on conflict (module, field) do update set
    -- A field that is gone is looked for by its id as long as it may come back.
    api_name = excluded.api_name, zoho_id = coalesce(excluded.zoho_id, f.zoho_id), label = excluded.label,
    data_type = excluded.data_type, is_unique = excluded.is_unique, is_optional = excluded.is_optional, options = excluded.options, displayed = excluded.displayed,
    problem = excluded.problem, missing_options = excluded.missing_options,
    problem_since = case when excluded.problem is not null then coalesce(f.problem_since, excluded.problem_since) end,
    checked_at = excluded.checked_at;
  return public.zoho_field_rules();
end $$;
