-- An Estimate or Invoice deleted in Zoho is marked, told and left to a person, as a Deal is. A Contact may have been
-- merged into another, so it is forgotten: the next change finds that one by its e-mail, or makes one.
create or replace function zoho_sync.note_deletion(
  p_event public.zoho_webhook_events, p_mapping public.zoho_entity_mappings, p_modified_at timestamptz) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_type record;
begin
  select * into v_type from zoho_sync.record_types() t where t.entity_type = p_mapping.circletel_type;
  if p_mapping.state = 'deleted_in_zoho' then
    return jsonb_build_object('status', 'ignored', 'reason', 'The deletion is known');
  end if;
  if v_type.reference is null then
    delete from public.zoho_entity_mappings m where m.id = p_mapping.id;
  else
    update public.zoho_entity_mappings m set state = 'deleted_in_zoho',
      deleted_at = coalesce(p_modified_at, p_event.received_at),
      last_event_seq = greatest(m.last_event_seq, p_event.seq)
    where m.id = p_mapping.id;
  end if;
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
  values ('deleted_in_zoho', p_mapping.circletel_type, p_mapping.circletel_id, p_mapping.zoho_type, p_mapping.zoho_id,
    case when v_type.reference is null
      then 'The Contact of a customer was deleted or merged in Zoho; the next change finds or makes one'
      else format('The %s of %s %s was deleted in Zoho; the %2$s stays as it is', v_type.record,
        v_type.entity_type, p_mapping.snapshot ->> v_type.reference) end);
  return jsonb_build_object('status', 'applied', 'reason',
    format('Deleted in Zoho; the %s stays', v_type.entity_type));
end $$;

-- The way back. CircleTel decides every field of an Estimate and an Invoice, and events do not carry line items: when
-- somebody else edited one, the next drain reads it whole and puts right what differs. What of the event differs from what
-- we know is drift and is logged. A Contact's edit is only noted: its event keeps no names or e-mails.
create or replace function zoho_sync.note_record(p_event public.zoho_webhook_events, p_record jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_type record;
  v_mapping public.zoho_entity_mappings;
  v_fields jsonb := coalesce(p_record -> 'fields', '{}');
  v_modified_at timestamptz := (p_record ->> 'modified_at')::timestamptz;
  v_integration_user text := (select s.integration_user_id from public.zoho_sync_state s);
  v_drift text[];
begin
  select * into v_type from zoho_sync.record_types() t where t.module = p_event.module;
  if not found then
    return jsonb_build_object('status', 'ignored', 'reason', 'CircleTel reads nothing of ' || p_event.module);
  end if;
  select * into v_mapping from public.zoho_entity_mappings m
  where m.zoho_type = v_type.zoho_type and m.zoho_id = p_record ->> 'record_id' for update;
  if not found then
    -- In flight until it is settled: its attempt is closed when Zoho has answered, its mapping is made later.
    return case when exists (
        select from public.zoho_sync_queue q
        left join public.business_quotes b on q.entity_type = 'quote' and b.id = q.entity_id
        left join public.customer_invoices i on q.entity_type = 'invoice' and i.id = q.entity_id
        where q.status = 'in_flight' and q.entity_type = v_type.entity_type
          and coalesce(b.quote_number, i.invoice_number) = v_fields ->> v_type.reference)
      then jsonb_build_object('status', 'received', 'reason', 'The record is being made by a drain')
      else jsonb_build_object('status', 'unmapped',
        'reason', format('No %s of CircleTel owns this record', v_type.entity_type)) end;
  end if;
  if p_record ->> 'operation' = 'delete' then
    return zoho_sync.note_deletion(p_event, v_mapping, v_modified_at);
  end if;
  if v_type.reference is null then
    return jsonb_build_object('status', 'ignored', 'reason',
      'CircleTel owns these fields; would have changed: ' || coalesce(nullif(p_record ->> 'names', ''), 'nothing'));
  end if;
  if v_modified_at < v_mapping.zoho_modified_at or v_modified_at <= v_mapping.deleted_at
    or (v_modified_at is null and p_event.seq < v_mapping.last_event_seq) then
    return jsonb_build_object('status', 'stale', 'reason', 'Something newer of this record is known');
  end if;

  v_drift := array(
    select f.key from jsonb_each(v_fields) f
    where not zoho_sync.is_same_value(f.key, f.value, v_mapping.snapshot -> f.key)
      and not coalesce(v_mapping.sending ? f.key
        and zoho_sync.is_same_value(f.key, f.value, v_mapping.sending -> f.key), false)
      and not exists (
        select from jsonb_to_recordset(v_mapping.recent_writes) w (fields jsonb, modified_at timestamptz)
        where w.modified_at = v_modified_at and w.fields ? f.key
          and zoho_sync.is_same_value(f.key, f.value, w.fields -> f.key)));
  if cardinality(v_drift) = 0 and v_mapping.state = 'linked'
    and coalesce(p_record ->> 'modified_by' = v_integration_user, v_modified_at = v_mapping.zoho_modified_at, false) then
    return jsonb_build_object('status', 'echo', 'reason', 'Zoho holds what CircleTel sent');
  end if;

  update public.zoho_entity_mappings m set
    doubtful = true, state = 'linked',
    zoho_modified_at = greatest(m.zoho_modified_at, v_modified_at),
    last_event_seq = greatest(m.last_event_seq, p_event.seq)
  where m.id = v_mapping.id;
  perform public.zoho_enqueue(v_mapping.circletel_type, array[v_mapping.circletel_id], 1::smallint, 'drift');
  perform zoho_sync.ring_doorbell();
  if cardinality(v_drift) = 0 then
    return jsonb_build_object('status', 'ignored', 'reason', 'Edited in Zoho; the next drain reads it and compares');
  end if;
  insert into public.zoho_sync_logs
    (entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number, error_message,
     response_payload, cause, finished_at)
  values (v_mapping.circletel_type, v_mapping.circletel_id, v_mapping.zoho_type, v_mapping.zoho_id, 'success', 1,
    'DRIFT: ' || array_to_string(v_drift, ', ') || ' edited in Zoho; CircleTel''s value is put back',
    jsonb_build_object('event_id', p_event.id, 'drift', (
      select jsonb_object_agg(d, jsonb_build_object(
        'zoho', v_fields -> d, 'circletel', coalesce(v_mapping.snapshot -> d, 'null')))
      from unnest(v_drift) d)),
    'zoho: ' || (p_record ->> 'operation'), now());
  return jsonb_build_object('status', 'applied', 'reason', 'Drift: ' || array_to_string(v_drift, ', '));
end $$;
