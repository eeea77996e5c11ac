-- Starts a run, unless one is under way. Without a finished run to start from, or when rows changed that could not
-- be named, an incremental one looks at everything.
-- Types that are switched off (zoho_sync_state.synced_types) are left out. Answers { id, started }; null when none is left.
create or replace function public.zoho_reconcile_start(p_kind text, p_entity_types text[], p_actor text) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_types text[];
  v_since timestamptz;
  v_id uuid;
begin
  select array_agg(t.type order by t.place) into v_types
  from public.zoho_sync_state s, unnest(p_entity_types) with ordinality t (type, place)
  where t.type = any (s.synced_types);
  if v_types is null then return null; end if;
  if p_kind = 'incremental' and not (select s.full_reconcile_due from public.zoho_sync_state s) then
    select max(r.started_at) into v_since from public.zoho_reconcile_runs r
    where r.status = 'finished' and r.entity_types @> v_types;
  end if;
  insert into public.zoho_reconcile_runs (kind, entity_types, actor, since)
  values (case when v_since is null then 'full' else 'incremental' end, v_types, p_actor, v_since)
  on conflict (status) where status = 'running' do nothing
  returning id into v_id;
  if v_id is not null then
    -- A run over some kinds leaves the others due.
    if v_since is null then
      with due as (
        update public.zoho_sync_state s set full_reconcile_due = false
        where s.full_reconcile_due and s.synced_types <@ v_types returning s.id)
      update public.zoho_reconcile_runs r set is_due = true from due where r.id = v_id;
    end if;
    return jsonb_build_object('id', v_id, 'started', true);
  end if;
  return (select jsonb_build_object('id', r.id, 'started', false)
    from public.zoho_reconcile_runs r where r.status = 'running');
end $$;
