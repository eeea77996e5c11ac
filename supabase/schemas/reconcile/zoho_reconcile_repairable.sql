-- Rows of a run that can be put right and were not yet, oldest first.
create or replace function public.zoho_reconcile_repairable(
  p_run uuid, p_verdicts text[], p_rows bigint[] default null, p_recreate_deleted boolean default false,
  p_limit integer default 500)
returns setof public.zoho_reconcile_rows
language sql stable set search_path = '' as $$
  select * from public.zoho_reconcile_rows r
  where r.run_id = p_run and r.verdict = any (p_verdicts) and r.verdict in ('differs', 'missing')
    and r.repaired_at is null and r.entity_id is not null and (p_rows is null or r.id = any (p_rows))
    and (r.reason <> 'deleted_in_zoho' or p_recreate_deleted)
  order by r.id limit p_limit;
$$;
