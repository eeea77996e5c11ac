-- Keeps the search entries current: those that are due, and a walk over all rows once a day, which fills the table at first
-- and finds rows without a note. Run by the schedule; a search first updates what is due. One session at a time, and none waits:
-- a session that does not get the lock leaves the work to the one that has it.
create or replace function zoho_sync.keep_search() returns void
language plpgsql security definer set search_path = '' as $$
declare
  -- About a tenth of the time between two rings.
  v_until constant timestamptz := clock_timestamp() + interval '3 seconds';
begin
  while clock_timestamp() < v_until and zoho_sync.refresh_search(1000) > 0 loop null; end loop;
  while clock_timestamp() < v_until and zoho_sync.walk_search(1000) loop null; end loop;
end $$;

-- Brings the entries that are due up to date, p_most of them; answers how many it took. A search waits for 100, a few
-- milliseconds: what a large statement left is the schedule's work.
create or replace function zoho_sync.refresh_search(p_most integer default 100) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_count integer := 0;
  d record;
begin
  if not exists (select from zoho_sync.search_due)
    or not pg_try_advisory_xact_lock(hashtextextended('zoho_sync.keep_search', 0)) then return 0; end if;
  for d in
    with taken as (
      delete from zoho_sync.search_due o
      where o.id in (select i.id from zoho_sync.search_due i order by i.id limit p_most) returning o.*)
    select t.entity_type, array_agg(distinct t.entity_id) as ids, count(*)::integer as notes from taken t group by t.entity_type
  loop
    perform zoho_sync.write_search(d.entity_type, d.ids);
    v_count := v_count + d.notes;
  end loop;
  return v_count;
exception when syntax_error_or_access_rule_violation then
  -- A column that it reads was renamed or dropped: what is due stays, and a search finds what it found before.
  perform zoho_sync.note_search_fault(sqlstate, sqlerrm);
  return 0;
end $$;

-- The next step over the rows of a kind whose walk has not ended within the last 20 hours; false when there is none.
create or replace function zoho_sync.walk_search(p_most integer) returns boolean
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_type text;
  v_after uuid;
  v_ids uuid[];
  v_last uuid;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('zoho_sync.keep_search', 0)) then return false; end if;
  select t.entity_type, w.after into v_type, v_after
  from zoho_sync.record_types() t left join zoho_sync.search_walk w on w.entity_type = t.entity_type
  where w.ended_at is null or w.ended_at < now() - interval '20 hours'
  order by w.after is null, t.entity_type limit 1;
  if v_type is null then return false; end if;
  v_ids := zoho_sync.entities_after(v_type, v_after, p_most);
  v_last := case when cardinality(v_ids) = p_most then v_ids[p_most] end;
  perform zoho_sync.write_search(v_type, v_ids);
  -- Between this step's ends there are entries of rows that are gone.
  delete from zoho_sync.search_entries s
  where s.entity_type = v_type and (v_after is null or s.entity_id > v_after) and (v_last is null or s.entity_id <= v_last)
    and not exists (select from unnest(v_ids) i (id) where i.id = s.entity_id);
  insert into zoho_sync.search_walk as w (entity_type, after, ended_at)
  values (v_type, v_last, case when v_last is null then now() end)
  on conflict (entity_type) do update set after = excluded.after, ended_at = excluded.ended_at;
  -- Where pg_trgm was switched on later.
  if v_last is null then perform zoho_sync.index_search(); end if;
  return true;
exception when syntax_error_or_access_rule_violation then
  perform zoho_sync.note_search_fault(sqlstate, sqlerrm);
  return false;
end $$;

-- Class 42: the message names identifiers, never a value.
create or replace function zoho_sync.note_search_fault(p_state text, p_message text) returns void
language sql set search_path = '' as $$
  insert into public.zoho_notices (kind, message)
  select 'search_fault', m.message
  from (select format('the search cannot be kept current (%s %s); it finds what it found before', p_state, p_message)) m (message)
  where not exists (
    select from public.zoho_notices n
    where n.kind = 'search_fault' and n.message = m.message and n.acknowledged_at is null);
$$;

-- The index that finds a part of a word. Without pg_trgm a search reads the table from end to end and finds the same.
create or replace function zoho_sync.index_search() returns void
language plpgsql set search_path = '' as $$
declare
  v_schema name := (select n.nspname from pg_catalog.pg_extension e
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm');
begin
  if v_schema is null then return; end if;
  execute format('create index if not exists search_entries_haystack_idx on zoho_sync.search_entries
    using gin (haystack %I.gin_trgm_ops)', v_schema);
end $$;
