-- The guarantee behind lost hints: what a run of the schedule, or one over the latest changes, found to differ or gone is
-- looked at. The first run of the schedule, and one after a TRUNCATE, is over everything.
create or replace function zoho_sync.look_at_differences(p_run uuid) returns void
language sql set search_path = '' as $$
  select zoho_sync.reconcile_enqueue(d.entity_type, d.ids, 'reconcile')
  from (
    select r.entity_type, array_agg(distinct r.entity_id order by r.entity_id) as ids
    from public.zoho_reconcile_rows r join public.zoho_reconcile_runs u on u.id = r.run_id
    where r.run_id = p_run and (u.kind = 'incremental' or u.actor = 'schedule') and r.entity_id is not null
      and (r.verdict, r.reason) in (('differs', 'fields'), ('missing', 'gone'))
    group by r.entity_type) d;
$$;
