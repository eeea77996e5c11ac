-- The guarantee: what a lost doorbell, a killed isolate or a pause left behind is found within 30 s. Folds during a pause,
-- too, so that the outbox does not grow for as long as a person keeps it.
create or replace function zoho_sync.sweep() returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_held_ids constant uuid[] := zoho_sync.held_entities();
  v_held_types constant text[] := zoho_sync.held_types();
begin
  delete from zoho_sync.rings r where r.called_at < now() - interval '1 hour';
  perform zoho_sync.fold_outbox();
  -- A hint and the settlement that links its record do not see each other when both commit at once.
  perform public.zoho_mark_hints(p_from => now() - interval '10 minutes', p_to => 'infinity', p_status => 'unmapped');
  if not exists (select from public.zoho_sync_state s where s.paused_until > now())
    and not zoho_sync.is_observing()
    and (exists (select from public.zoho_sync_queue q where q.status = 'pending' and q.next_attempt_at <= now()
        and q.entity_id <> all (v_held_ids) and q.entity_type <> all (v_held_types))
      or exists (select from public.zoho_sync_queue q where q.status = 'in_flight' and q.lease_until < now())
      or exists (select from zoho_sync.outbox))
  then
    perform zoho_sync.call_function('zoho-sync', '{"reason":"sweep"}'::jsonb);
  end if;
  perform zoho_sync.follow_incidents();
end $$;
