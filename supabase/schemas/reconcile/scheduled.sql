-- A step that was killed, or that waits for Zoho to answer again.
create or replace function zoho_sync.sweep_reconcile() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.zoho_reconcile_runs r
    where r.status = 'running' and r.next_step_at <= now() and coalesce(r.lease_until, '-infinity') < now()) then
    perform zoho_sync.call_function('zoho-admin/reconcile/step', '{"reason":"sweep"}'::jsonb);
  end if;
end $$;

-- Where nothing was ever synced there is nothing to compare. Everything is compared once in full_reconcile_days, at the same
-- hour: a run that began a little late yesterday does not put tonight's off.
create or replace function zoho_sync.schedule_reconcile(p_kind text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.zoho_entity_mappings)
    and not (p_kind = 'full' and exists (
      select from public.zoho_reconcile_runs r, public.zoho_sync_state s
      where r.kind = 'full' and r.status = 'finished' and s.full_reconcile_days > 1
        and r.started_at > now() - make_interval(days => s.full_reconcile_days, hours => -12)))
  then
    perform zoho_sync.call_function('zoho-admin/reconcile', jsonb_build_object('kind', p_kind, 'reason', 'schedule'));
  end if;
end $$;

-- The lists of runs that are over.
create or replace function zoho_sync.purge_reconcile_runs() returns void
language plpgsql set search_path = '' as $$
begin
  -- The newest run of each kind stays, however old: the next one starts from it.
  delete from public.zoho_reconcile_runs r
  where r.started_at < now() - interval '30 days' and r.status <> 'running'
    and exists (select from public.zoho_reconcile_runs n
      where n.kind = r.kind and n.status = r.status and n.started_at > r.started_at);
  delete from zoho_sync.reconcile_seen s
  where not exists (select from public.zoho_reconcile_runs r where r.id = s.run_id and r.status = 'running');
end $$;
