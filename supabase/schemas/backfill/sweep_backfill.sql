-- Every 30 s while a run is open, since no client may be watching it.
create or replace function zoho_sync.sweep_backfill() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.zoho_backfill_runs r where r.status = 'running') then
    perform zoho_sync.call_function('zoho-admin/backfill/step', '{"reason":"schedule"}'::jsonb);
  end if;
end $$;
