-- From a verified event to the contract: every gate and every write in one transaction. Locks are taken in the order
-- contract, mapping, queue row, and what the drain holds it never waits with (zoho_settle_changes).

-- As mapping/stage.ts folds: case, spaces, hyphens and dashes do not matter.
create or replace function zoho_sync.fold_stage(p_stage text) returns text
language sql immutable set search_path = '' as $$
  select lower(regexp_replace(p_stage, '[\s\-_\u2010-\u2015]+', '', 'g'));
$$;

-- Whether two values of a field are the same to us.
create or replace function zoho_sync.is_same_value(p_field text, p_a jsonb, p_b jsonb) returns boolean
language sql immutable set search_path = '' as $$
  select case
    when p_field = 'Stage' then zoho_sync.fold_stage(coalesce(p_a #>> '{}', '')) = zoho_sync.fold_stage(coalesce(p_b #>> '{}', ''))
    else coalesce(p_a, 'null') = coalesce(p_b, 'null') end;
$$;

-- A record without a mapping: one that a drain is making right now waits for it, anything else is somebody else's.
create or replace function zoho_sync.unmapped_record(p_record jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select case when exists (
      select from public.contracts c
      join public.zoho_sync_queue q on q.entity_type = 'contract' and q.entity_id = c.id and q.status = 'in_flight'
      where c.contract_number = p_record ->> 'contract_number')
    then jsonb_build_object('status', 'received', 'reason', 'The record is being made by a drain')
    else jsonb_build_object('status', 'unmapped', 'reason', 'No contract of CircleTel owns this record') end;
$$;

-- A Deal deleted in Zoho never deletes a contract: it is marked, told and left to a person.
create or replace function zoho_sync.apply_deletion(
  p_event public.zoho_webhook_events, p_contract public.contracts, p_mapping public.zoho_entity_mappings,
  p_modified_at timestamptz)
returns jsonb
language plpgsql set search_path = '' as $$
begin
  if p_mapping.state = 'deleted_in_zoho' then
    return jsonb_build_object('status', 'ignored', 'reason', 'The deletion is known');
  end if;
  update public.zoho_entity_mappings
  set state = 'deleted_in_zoho', deleted_at = coalesce(p_modified_at, p_event.received_at), last_event_seq = greatest(last_event_seq, p_event.seq) where id = p_mapping.id;
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
  values ('deleted_in_zoho', 'contract', p_contract.id, 'Deals', p_mapping.zoho_id,
    'The Deal of contract ' || p_contract.contract_number || ' was deleted in Zoho; the contract stays as it is');
  insert into public.zoho_sync_logs
    (entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number, error_message,
     response_payload, cause, finished_at)
  values ('contract', p_contract.id, 'Deals', p_mapping.zoho_id, 'success', 1,
    'RECORD_NOT_FOUND: deleted in Zoho; a person decides', jsonb_build_object('event_id', p_event.id),
    'zoho: delete', now());
  return jsonb_build_object('status', 'applied', 'reason', 'Deleted in Zoho; the contract stays');
end $$;

-- Applies what an event says of one record. p_record is read by TypeScript (webhook/record.ts):
--   { record_id, operation, modified_at, modified_by, contract_number, status, agrees_with, fields }
-- where fields holds the values of projected fields only, status is the contract status that the stage asks for and
-- agrees_with are all that it agrees with.
-- Answers { status, reason, contract_id, stage, from, to, drift }.
create or replace function zoho_sync.apply_record(p_event public.zoho_webhook_events, p_record jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_id text := p_record ->> 'record_id';
  v_operation text := p_record ->> 'operation';
  v_modified_at timestamptz := (p_record ->> 'modified_at')::timestamptz;
  v_modified_by text := p_record ->> 'modified_by';
  v_fields jsonb := coalesce(p_record -> 'fields', '{}');
  v_integration_user text := (select s.integration_user_id from public.zoho_sync_state s);
  v_mapping public.zoho_entity_mappings;
  v_contract public.contracts;
  v_is_stale boolean := false;
  v_changed text[];
  v_drift text[];
  v_stage_changed boolean;
  v_status text := p_record ->> 'status';
  v_from text;
  v_to text;
  v_disagrees boolean;
  v_is_doubtful boolean;
  v_result jsonb;
begin
  select * into v_mapping from public.zoho_entity_mappings m where m.zoho_type = 'Deals' and m.zoho_id = v_id;
  if not found then
    return zoho_sync.unmapped_record(p_record);
  end if;
  select * into v_contract from public.contracts c where c.id = v_mapping.circletel_id for no key update;
  if not found then
    return jsonb_build_object('status', 'ignored', 'reason', 'The contract was deleted in CircleTel');
  end if;
  select * into v_mapping from public.zoho_entity_mappings m where m.id = v_mapping.id for update;
  v_result := jsonb_build_object('contract_id', v_contract.id);

  if v_operation = 'delete' then
    return v_result || zoho_sync.apply_deletion(p_event, v_contract, v_mapping, v_modified_at);
  end if;
  if v_mapping.state = 'deleted_in_zoho' and v_modified_at <= v_mapping.deleted_at then
    v_is_stale := true;
  elsif v_modified_at < v_mapping.zoho_modified_at then
    -- Older than our last write, but that one may not have touched the stage.
    v_fields := case when v_modified_at < v_mapping.stage_modified_at then '{}'
      else jsonb_strip_nulls(jsonb_build_object('Stage', v_fields -> 'Stage')) end;
    v_is_stale := v_fields = '{}';
  elsif v_modified_at is null then
    v_is_stale := p_event.seq < v_mapping.last_event_seq or p_event.received_at < v_mapping.stage_written_at;
  end if;
  if v_is_stale then
    return v_result || jsonb_build_object('status', 'stale', 'reason', 'Something newer of this record is known');
  end if;

  -- What differs both from what Zoho confirmed and from what we are sending, and was not one of our own last writes
  -- of that very second.
  v_changed := array(
    select f.key from jsonb_each(v_fields) f
    where not zoho_sync.is_same_value(f.key, f.value, v_mapping.snapshot -> f.key)
      and not (coalesce(v_mapping.sending ? f.key, false)
        and zoho_sync.is_same_value(f.key, f.value, v_mapping.sending -> f.key))
      and not ((v_modified_by is null or v_integration_user is null or v_modified_by = v_integration_user)
        and exists (
          select from jsonb_to_recordset(v_mapping.recent_writes) w (fields jsonb, modified_at timestamptz)
          where w.modified_at = v_modified_at and w.fields ? f.key
            and zoho_sync.is_same_value(f.key, f.value, w.fields -> f.key))));
  v_stage_changed := 'Stage' = any (v_changed);
  v_drift := array_remove(v_changed, 'Stage');

  -- Restored in Zoho: what was a dead letter meanwhile is sent again.
  if v_mapping.state = 'deleted_in_zoho' then
    perform public.zoho_enqueue('contract', array[v_contract.id], 0::smallint, 'restored in Zoho');
    perform zoho_sync.ring_doorbell();
  end if;

  if cardinality(v_changed) = 0 then
    -- What we knew before, and not what is under way: told before our write, or changed back after it?
    if exists (
      select from jsonb_each(v_fields) f
      where coalesce(v_mapping.sending ? f.key, false)
        and not zoho_sync.is_same_value(f.key, f.value, v_mapping.sending -> f.key)) then
      update public.zoho_entity_mappings m
      set last_event_seq = greatest(m.last_event_seq, p_event.seq) where m.id = v_mapping.id;
      update public.zoho_sync_queue q set revision = q.revision + 1
      where q.entity_type = 'contract' and q.entity_id = v_contract.id;
    end if;
    update public.zoho_entity_mappings m set
      state = 'linked',
      zoho_modified_at = greatest(m.zoho_modified_at, v_modified_at),
      stage_modified_at = case when v_fields ? 'Stage' then greatest(m.stage_modified_at, v_modified_at)
        else m.stage_modified_at end
    where m.id = v_mapping.id
      and (m.state <> 'linked' or v_modified_at > coalesce(m.zoho_modified_at, '-infinity')
        or (v_fields ? 'Stage' and v_modified_at > coalesce(m.stage_modified_at, '-infinity')));
    return v_result || case
      when v_fields = '{}' or v_modified_by <> v_integration_user then jsonb_build_object(
        'status', 'ignored', 'reason', 'No field that CircleTel reads has changed')
      else jsonb_build_object('status', 'echo', 'reason', 'Zoho holds what CircleTel sent') end;
  end if;

  -- Modified_Time counts seconds and deliveries overtake each other: two words of one second have no order.
  v_is_doubtful := coalesce(v_modified_at = v_mapping.zoho_modified_at
    or v_modified_at = v_mapping.stage_modified_at, false);

  -- Zoho holds these values now, whoever is right: the next diff starts from them.
  update public.zoho_entity_mappings m set
    snapshot = m.snapshot || (select jsonb_object_agg(c, v_fields -> c) from unnest(v_changed) c),
    zoho_modified_at = greatest(m.zoho_modified_at, v_modified_at),
    stage_modified_at = case when v_fields ? 'Stage' then greatest(m.stage_modified_at, v_modified_at)
      else m.stage_modified_at end,
    last_event_seq = greatest(m.last_event_seq, p_event.seq),
    doubtful = m.doubtful or v_is_doubtful,
    state = 'linked'
  where m.id = v_mapping.id;

  -- A contract without a status is a draft.
  v_from := coalesce(v_contract.status, 'draft');
  if v_stage_changed and v_status is not null and v_status <> v_from
    -- Negotiation is where a contract that waits for signatures belongs; it does not become a draft again.
    and not (zoho_sync.fold_stage(v_fields ->> 'Stage') = 'negotiation/review'
      and v_from in ('pending_signature', 'partially_signed')) then
    perform set_config('zoho_sync.inward', pg_current_xact_id()::text || ' ' || v_contract.id, true);
    update public.contracts set status = v_status, last_synced_at = now() where id = v_contract.id;
    perform set_config('zoho_sync.inward', '', true);
    v_result := v_result || jsonb_build_object('from', v_from, 'to', v_status);
    v_to := v_status;
  end if;
  -- A stage that asks for nothing and does not fit the status either: the next drain puts it right, at once and not
  -- only when something else happens to change.
  v_disagrees := v_stage_changed and not p_record -> 'agrees_with' ? coalesce(v_to, v_from);
  if (v_disagrees or v_is_doubtful) and cardinality(v_drift) = 0 then
    perform public.zoho_enqueue('contract', array[v_contract.id], 0::smallint,
      case when v_is_doubtful then 'doubtful' else 'stage disagrees' end);
    perform zoho_sync.ring_doorbell();
  end if;

  if cardinality(v_drift) > 0 then
    v_result := v_result || jsonb_build_object('drift', (
      select jsonb_object_agg(d, jsonb_build_object(
        'zoho', v_fields -> d, 'circletel', coalesce(v_mapping.snapshot -> d, 'null')))
      from unnest(v_drift) d));
    perform public.zoho_enqueue('contract', array[v_contract.id], 0::smallint, 'drift');
    perform zoho_sync.ring_doorbell();
  elsif not (v_disagrees or v_is_doubtful) then
    -- A write that is in flight was decided before this was known: look once more when it is settled. A row that reads
    -- `pending` may be about to be claimed.
    update public.zoho_sync_queue q set revision = q.revision + 1
    where q.entity_type = 'contract' and q.entity_id = v_contract.id;
  end if;

  v_result := v_result || jsonb_build_object(
    'status', case when v_result ? 'to' or v_result ? 'drift' then 'applied' else 'ignored' end,
    'reason', case
      when v_result ? 'to' then v_from || ' → ' || v_status
      when v_result ? 'drift' then 'Drift: ' || array_to_string(v_drift, ', ')
      when v_disagrees then 'The stage asks for no contract status and is put back'
      when v_status is null then 'The stage asks for no contract status'
      else 'The contract agrees with the stage already' end);
  if v_stage_changed then
    v_result := v_result || jsonb_build_object('stage', v_fields -> 'Stage');
  end if;
  insert into public.zoho_sync_logs
    (entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number, error_message,
     response_payload, cause, finished_at)
  values ('contract', v_contract.id, 'Deals', v_id, 'success', 1,
    case when cardinality(v_drift) > 0
      then 'DRIFT: ' || array_to_string(v_drift, ', ') || ' edited in Zoho; CircleTel''s value is put back' end,
    v_result || jsonb_build_object('event_id', p_event.id), 'zoho: ' || v_operation, now());
  return v_result;
end $$;
