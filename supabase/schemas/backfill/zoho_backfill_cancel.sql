-- Removes from the queue what the run put there and no drain has started. Answers { cancelled } or null when there is no
-- such run that is open.
create or replace function public.zoho_backfill_cancel(p_run uuid) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_cancelled integer;
begin
  -- What was edited meanwhile is a live change by now.
  perform zoho_sync.fold_outbox();
  perform from public.zoho_backfill_runs r where r.id = p_run and r.status = 'running' for update;
  if not found then return null; end if;
  with untouched as (
    delete from public.zoho_sync_queue q using public.zoho_backfill_items i
    where i.run_id = p_run and i.state in ('queued', 'retrying')
      and q.entity_type = i.entity_type and q.entity_id = i.entity_id
      and q.lane = 2 and q.status = 'pending' and q.failed_rounds = 0 and q.cause = zoho_sync.backfill_cause(p_run)
    returning q.entity_id)
  update public.zoho_backfill_items i set state = 'cancelled'
  where i.run_id = p_run and i.entity_id in (select u.entity_id from untouched u);
  get diagnostics v_cancelled = row_count;
  v_cancelled := v_cancelled + (
    select count(*) from public.zoho_backfill_items i where i.run_id = p_run and i.state in ('new', 'planned'));
  delete from zoho_sync.backfill_links l where l.run_id = p_run;
  update public.zoho_backfill_runs r set status = 'cancelled', finished_at = now(),
    credits_used = case when r.dry_run then r.credits_used else zoho_sync.backfill_credits(r) end
  where r.id = p_run;
  return jsonb_build_object('cancelled', v_cancelled);
end $$;
