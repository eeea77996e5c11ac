-- Lists the entities of a run, oldest first. Answers how many.
create or replace function zoho_sync.backfill_list(p_run public.zoho_backfill_runs) returns integer
language sql set search_path = '' as $$
  with listed as (
    insert into public.zoho_backfill_items (run_id, entity_type, entity_id, position, mapped)
    select p_run.id, p_run.entity_type, e.id, row_number() over (order by e.made_at, e.id), m.id is not null
    from zoho_sync.backfill_entities(p_run.entity_type) e
    left join public.zoho_entity_mappings m on m.circletel_type = p_run.entity_type and m.circletel_id = e.id
    where p_run.since is null or e.made_at >= p_run.since
    returning 1)
  select count(*)::integer from listed;
$$;

-- Begins a run and lists its entities. Answers { id } or { busy: id of the real run that is open }.
create or replace function public.zoho_backfill_start(
  p_entity_type text, p_dry_run boolean, p_actor text, p_since timestamptz default null) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_run public.zoho_backfill_runs;
  v_total integer;
begin
  -- Who asks for two at once gets one.
  perform pg_advisory_xact_lock(hashtextextended('zoho_backfill_start', 0));
  if not p_dry_run then
    select * into v_run from public.zoho_backfill_runs r where not r.dry_run and r.status = 'running';
    if found then return jsonb_build_object('busy', v_run.id); end if;
  end if;
  -- The lists of long ago; their runs and counts stay.
  delete from public.zoho_backfill_items i using public.zoho_backfill_runs r
  where r.id = i.run_id and r.finished_at < now() - interval '30 days';

  insert into public.zoho_backfill_runs (entity_type, since, dry_run, actor, credits_estimated, credits_before)
  values (p_entity_type, p_since, p_dry_run, p_actor, case when p_dry_run then 0 end, coalesce((
    select l.credits from public.zoho_credit_ledger l
    where l.lane = 2 and l.quarter = date_bin('15 minutes', now(), timestamptz '2000-01-01 00:00:00+00')), 0))
  returning * into v_run;
  v_total := zoho_sync.backfill_list(v_run);
  update public.zoho_backfill_runs r set total = v_total where r.id = v_run.id;
  return jsonb_build_object('id', v_run.id);
end $$;
