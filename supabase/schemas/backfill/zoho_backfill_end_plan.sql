-- All pages of a dry run are planned: it is over.
create or replace function public.zoho_backfill_end_plan(p_run uuid) returns void
language sql set search_path = '' as $$
  update public.zoho_backfill_runs r set
    status = 'finished', finished_at = now(), outcome = zoho_sync.backfill_counts(p_run)
  where r.id = p_run and r.dry_run and r.status = 'running';
  delete from zoho_sync.backfill_links l where l.run_id = p_run;
$$;
