-- Stores a verified event, once, and applies it in the same transaction when its records are at hand.
--
-- The same delivery twice is one event: its digest is the key. A body with neither Modified_Time nor a signed
-- timestamp (p_may_recur) can come twice in earnest (Won, back to Negotiation, Won again): it is a repeat only while
-- nothing newer of that record has been applied or written.
create or replace function public.zoho_receive_event(
  p_source text, p_module text, p_operation text, p_record_ids text[], p_digest text, p_may_recur boolean,
  p_body jsonb, p_records jsonb default null) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_last public.zoho_webhook_events;
  v_key text := p_digest;
  v_id uuid;
begin
  if p_may_recur then
    perform pg_advisory_xact_lock(hashtextextended('zoho_webhook:' || p_digest, 0));
    select * into v_last from public.zoho_webhook_events e where e.digest = p_digest order by e.seq desc limit 1;
    if found then
      if not exists (
          select from public.zoho_entity_mappings m
          where m.zoho_id = any (p_record_ids)
            and (m.last_event_seq > v_last.seq or m.stage_written_at > v_last.received_at)) then
        return jsonb_build_object('event_id', v_last.id, 'duplicate', true, 'status', v_last.status);
      end if;
      v_key := p_digest || '#' || v_last.seq;
    end if;
  end if;
  insert into public.zoho_webhook_events (source, module, operation, record_ids, digest, dedupe_key, body)
  values (p_source, p_module, p_operation, p_record_ids, p_digest, v_key, p_body)
  on conflict (dedupe_key) do nothing returning id into v_id;
  if v_id is null then
    return (select jsonb_build_object('event_id', e.id, 'duplicate', true, 'status', e.status)
      from public.zoho_webhook_events e where e.dedupe_key = v_key);
  end if;
  if p_records is null then
    return jsonb_build_object('event_id', v_id, 'duplicate', false, 'status', 'received');
  end if;
  return public.zoho_apply_event(v_id, p_records) || jsonb_build_object('duplicate', false);
end $$;
