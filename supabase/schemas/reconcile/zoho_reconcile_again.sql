-- Rows to compare once more at the end of the run: those that were queued, and those that differed (an edit of that
-- moment may have been settled since). Their new results are stored behind p_until. Answers { until, rows }.
create or replace function public.zoho_reconcile_again(
  p_run uuid, p_entity_type text, p_after bigint, p_limit integer, p_until bigint default null) returns jsonb
language sql stable set search_path = '' as $$
  with bound as (
    select coalesce(p_until, (select max(r.id) from public.zoho_reconcile_rows r), 0) as until)
  select jsonb_build_object('until', b.until, 'rows', coalesce((
    select jsonb_agg(jsonb_build_object('id', r.id, 'entity_id', r.entity_id) order by r.id)
    from (
      select r.id, r.entity_id from public.zoho_reconcile_rows r
      where r.run_id = p_run and r.entity_type = p_entity_type and r.id > p_after and r.id <= b.until
        and r.entity_id is not null and r.verdict in ('queued', 'differs') and r.reason <> 'not_linked'
      order by r.id limit p_limit) r), '[]'))
  from bound b;
$$;
