-- Applies a stored event. p_records are read from its body by the caller. A fault of one record leaves the event
-- `failed` and everything else of the transaction as it was. With p_dry_run nothing is kept, whatever happens.
-- Answers { event_id, status, reason, contract_id, outcomes, was }.
create or replace function public.zoho_apply_event(
  p_event_id uuid, p_records jsonb, p_dry_run boolean default false, p_body jsonb default null) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_event public.zoho_webhook_events;
  v_record jsonb;
  v_outcome jsonb;
  v_outcomes jsonb := '[]';
  v_chief jsonb;
begin
  select * into v_event from public.zoho_webhook_events e where e.id = p_event_id for update;
  if not found then
    return null;
  end if;
  begin
    for v_record in select r from jsonb_array_elements(p_records) r loop
      begin
        v_outcome := case when v_event.module = 'Deals'
          then zoho_sync.apply_record(v_event, v_record)
          else zoho_sync.note_record(v_event, v_record) end;
      exception when others then
        -- The message of a check or a trigger may quote the row; the state is enough to look it up.
        v_outcome := jsonb_build_object('status', 'failed', 'reason', 'The database refused it: ' || sqlstate);
      end;
      v_outcomes := v_outcomes || (jsonb_build_object('record_id', v_record ->> 'record_id') || v_outcome);
    end loop;

    -- Several records, one event: the outcome that most wants to be seen stands for it.
    select o into v_chief from jsonb_array_elements(v_outcomes) o
    order by array_position(
      array['failed', 'received', 'applied', 'unmapped', 'stale', 'ignored', 'echo'], o ->> 'status')
    limit 1;
    v_chief := coalesce(v_chief, '{"status": "ignored", "reason": "The event names no record"}');

    update public.zoho_webhook_events e set
      -- What was once applied stays so when a replay finds nothing left to do.
      status = case when e.status = 'applied' then e.status else v_chief ->> 'status' end,
      reason = case when e.status = 'applied' and v_chief ->> 'status' <> 'applied' then e.reason
        else v_chief ->> 'reason' end,
      -- Waiting for a drain is no failure: it must not use up the tries.
      attempts = e.attempts + case when v_chief ->> 'status' = 'received' then 0 else 1 end,
      applied_at = case when v_chief ->> 'status' = 'applied' then clock_timestamp() else e.applied_at end,
      contract_id = coalesce((v_chief ->> 'contract_id')::uuid, e.contract_id),
      body = coalesce(p_body, e.body)
    where e.id = p_event_id;
    if p_dry_run then
      raise exception using errcode = 'ZDRY1';
    end if;
  exception when sqlstate 'ZDRY1' then
    -- Everything since the block began is undone; the variables are not.
    null;
  end;
  return jsonb_build_object('event_id', v_event.id, 'was', v_event.status, 'status', v_chief ->> 'status',
    'reason', v_chief ->> 'reason', 'contract_id', v_chief ->> 'contract_id', 'outcomes', v_outcomes);
end $$;
