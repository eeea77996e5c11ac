-- Removes changes from the queue ([{type, id}]): Zoho's values are accepted. Those in flight stay. Answers { dropped, busy }, the
-- dropped ones as they were named. Hints that waited for them are over.
create or replace function public.zoho_drop_changes(p_entities jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_dropped jsonb;
begin
  perform zoho_sync.fold_outbox();
  with named as (
    select distinct n.type, n.id from jsonb_to_recordset(p_entities) n (type text, id uuid)),
  held as (
    select q.entity_type, q.entity_id from public.zoho_sync_queue q join named n on q.entity_type = n.type and q.entity_id = n.id
    where q.status <> 'in_flight' order by q.entity_type, q.entity_id for update of q),
  dropped as (
    delete from public.zoho_sync_queue q using held h
    where q.entity_type = h.entity_type and q.entity_id = h.entity_id returning q.entity_type, q.entity_id)
  select coalesce(jsonb_agg(jsonb_build_object('type', d.entity_type, 'id', d.entity_id)), '[]') into v_dropped from dropped d;
  perform zoho_sync.ignore_hints(v_dropped, 'An operator dropped the change');
  return jsonb_build_object('dropped', v_dropped, 'busy', (
    select count(*) from public.zoho_sync_queue q join jsonb_to_recordset(p_entities) n (type text, id uuid)
      on q.entity_type = n.type and q.entity_id = n.id where q.status = 'in_flight'));
end $$;

-- Hints of entities that are not to be looked at.
create or replace function zoho_sync.ignore_hints(p_entities jsonb, p_reason text) returns void
language sql set search_path = '' as $$
  update public.zoho_webhook_events e set status = 'ignored', reason = p_reason, applied_at = clock_timestamp()
  from jsonb_to_recordset(p_entities) n (type text, id uuid)
  where e.entity_id = n.id and e.entity_type = n.type and e.status = 'received';
$$;

-- Entities are looked at again ([{type, id}]): both sides are read and merged. Answers how many; those that do not go to the
-- CRM are passed over.
create or replace function public.zoho_look_again(p_entities jsonb) returns integer
language plpgsql set search_path = '' as $$
declare
  v_count integer;
begin
  select zoho_sync.enqueue(array_agg(n.type), array_agg(n.id), array_agg(1::smallint), array_agg('asked for by an operator'::text),
    p_look => true) into v_count
  from (select distinct n.type, n.id from jsonb_to_recordset(p_entities) n (type text, id uuid)) n;
  if v_count > 0 then perform zoho_sync.ring_doorbell(); end if;
  return v_count;
end $$;
