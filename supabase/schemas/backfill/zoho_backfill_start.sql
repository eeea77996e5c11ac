-- Begins a run and lists its first entities. Answers { id } or { busy: id of the real run that is open }.
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
  execute format('select count(*) from public.%I r where $1 is null or r.created_at >= $1',
    (select t.source_table from zoho_sync.record_types() t where t.entity_type = p_entity_type))
  into v_total using p_since;
  insert into public.zoho_backfill_runs (entity_type, since, dry_run, actor, total, credits_estimated, credits_before)
  values (p_entity_type, p_since, p_dry_run, p_actor, v_total, case when p_dry_run then 0 end, coalesce((
    select l.credits from public.zoho_credit_ledger l
    where l.lane = 2 and l.quarter = date_bin('15 minutes', now(), timestamptz '2000-01-01 00:00:00+00')), 0))
  returning * into v_run;
  perform zoho_sync.backfill_list(v_run.id);
  return jsonb_build_object('id', v_run.id);
end $$;

-- Lists the next entities of a run, oldest first. Bounded, since a million rows in one statement take longer than the Data API
-- waits (8 s).
create or replace function zoho_sync.backfill_list(p_run uuid, p_most integer default 20000) returns void
language plpgsql set search_path = '' as $$
declare
  v_run public.zoho_backfill_runs;
  v_count integer;
  v_made_at timestamptz;
  v_id uuid;
begin
  select * into v_run from public.zoho_backfill_runs r where r.id = p_run for update;
  if v_run.is_listed then return; end if;
  execute format($sql$
    with coming as materialized (
      select r.id, coalesce(r.created_at, 'infinity') as made_at from public.%I r
      where (coalesce(r.created_at, 'infinity'), r.id) > ($4, $5) and ($6 is null or r.created_at >= $6)
      order by 2, 1 limit $7),
    listed as (
      insert into public.zoho_backfill_items (run_id, entity_type, entity_id, position, mapped)
      select $1, $2, c.id, $3 + row_number() over (order by c.made_at, c.id), m.id is not null from coming c
      left join public.zoho_entity_mappings m on m.circletel_type = $2 and m.circletel_id = c.id)
    select count(*) over (), c.made_at, c.id from coming c order by 2 desc, 3 desc limit 1$sql$,
    (select t.source_table from zoho_sync.record_types() t where t.entity_type = v_run.entity_type))
  into v_count, v_made_at, v_id
  using p_run, v_run.entity_type, v_run.listed, v_run.listed_made_at, v_run.listed_id, v_run.since, p_most;
  v_count := coalesce(v_count, 0);
  update public.zoho_backfill_runs r set
    listed = r.listed + v_count, is_listed = v_count < p_most,
    listed_made_at = coalesce(v_made_at, r.listed_made_at), listed_id = coalesce(v_id, r.listed_id),
    total = case when v_count < p_most then r.listed + v_count else r.total end
  where r.id = p_run;
end $$;

-- Entities that are listed and not taken yet, p_limit of them, oldest first; the list is extended where it is short.
create or replace function zoho_sync.backfill_next(p_run uuid, p_limit integer) returns uuid[]
language plpgsql set search_path = '' as $$
declare
  v_ids uuid[];
begin
  loop
    v_ids := array(
      select i.entity_id from public.zoho_backfill_items i
      where i.run_id = p_run and i.state = 'new' order by i.position limit p_limit);
    exit when cardinality(v_ids) = p_limit or (select r.is_listed from public.zoho_backfill_runs r where r.id = p_run);
    perform zoho_sync.backfill_list(p_run);
  end loop;
  return v_ids;
end $$;
