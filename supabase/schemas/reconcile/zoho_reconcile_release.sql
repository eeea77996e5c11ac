-- Ends a step early: the next one is rung for at once, or comes after a while when Zoho could not be asked. A fault that
-- does not pass, or the tenth in a row, ends the run.
create or replace function public.zoho_reconcile_release(
  p_run uuid, p_worker uuid, p_code text default null, p_message text default null, p_final boolean default false)
returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_reconcile_runs r set
    lease_owner = null, lease_until = null,
    faults = case when p_code is null then r.faults else r.faults + 1 end,
    error_code = p_code, error_message = p_message,
    status = case when p_code is not null and (p_final or r.faults >= 9) then 'failed' else r.status end,
    finished_at = case when p_code is not null and (p_final or r.faults >= 9) then clock_timestamp() end,
    next_step_at = case when p_code is null then clock_timestamp()
      else clock_timestamp() + make_interval(secs => least(30 * 2 ^ least(r.faults, 5), 900)) end
  where r.id = p_run and r.lease_owner = p_worker;
  update public.zoho_sync_state s set full_reconcile_due = true
  from public.zoho_reconcile_runs r where r.id = p_run and r.status = 'failed' and r.is_due;
  if p_code is null then
    perform zoho_sync.call_function('zoho-admin/reconcile/step', '{"reason":"spent"}'::jsonb);
  end if;
  delete from zoho_sync.reconcile_seen s where s.run_id = p_run
    and exists (select from public.zoho_reconcile_runs r where r.id = p_run and r.status = 'failed');
end $$;
