-- A run as a report begins: the row, and what it has found so far. Without p_run the newest. Null when there is none.
create or replace function public.zoho_reconcile_report(p_run uuid default null) returns jsonb
language sql stable set search_path = '' as $$
  select to_jsonb(r) - array['cursor', 'lease_owner', 'lease_until', 'is_due'] || case when r.status = 'finished' then '{}'::jsonb
    else (select jsonb_build_object(
        'differs', count(*) filter (where w.verdict = 'differs'), 'missing', count(*) filter (where w.verdict = 'missing'),
        'extra', count(*) filter (where w.verdict = 'extra'), 'queued', count(*) filter (where w.verdict = 'queued'))
      from public.zoho_reconcile_rows w where w.run_id = r.id) end
  from public.zoho_reconcile_runs r
  where (p_run is null or r.id = p_run)
  order by r.started_at desc limit 1;
$$;
