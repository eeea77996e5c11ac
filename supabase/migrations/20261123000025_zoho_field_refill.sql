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
    revision = queue.revision + 1,
    status = case when queue.status = 'in_flight' then queue.status else 'pending' end;
end $$;
revoke all on function zoho_sync.refill_field(text, text) from public, anon, authenticated;
grant execute on function zoho_sync.refill_field(text, text) to service_role;
