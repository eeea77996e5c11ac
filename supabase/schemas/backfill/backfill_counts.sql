create or replace function zoho_sync.backfill_counts(p_run uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'create', count(*) filter (where i.plan = 'create'), 'update', count(*) filter (where i.plan = 'update'),
    'skip', count(*) filter (where i.plan = 'skip'), 'link', count(*) filter (where i.plan = 'link'),
    'refuse', count(*) filter (where i.plan = 'refuse'),
    'reasons', coalesce((
      select jsonb_object_agg(w.reason, w.n) from (
        select r.reason, count(*) as n from public.zoho_backfill_items r
        where r.run_id = p_run and r.reason is not null group by r.reason) w), '{}'))
  from public.zoho_backfill_items i where i.run_id = p_run;
$$;
