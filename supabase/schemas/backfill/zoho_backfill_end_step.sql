create or replace function public.zoho_backfill_end_step(
  p_run uuid, p_worker uuid, p_code text default null, p_message text default null, p_ring boolean default false)
returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_backfill_runs r
  set step_owner = null, step_until = null, error_code = p_code, error_message = p_message
  where r.id = p_run and r.step_owner = p_worker;
  if p_ring then
    perform zoho_sync.call_function('zoho-admin/backfill/step', '{"reason":"next"}'::jsonb);
  end if;
end $$;
