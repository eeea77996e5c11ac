-- Repairs what a run found. p_rows are of one run. `differs` is queued and read from Zoho before anything is sent;
-- `missing` loses its link, so that it is made; one that was deleted in Zoho only with p_recreate_deleted, for that was
-- a person's act. `extra` is never touched, and `not_linked` is zoho_move_record's. Answers { enqueued }.
create or replace function public.zoho_reconcile_repair(p_rows bigint[], p_recreate_deleted boolean default false)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_type text;
  v_differs uuid[];
  v_missing uuid[];
  v_enqueued integer := 0;
begin
  for v_type in
    select distinct r.entity_type from public.zoho_reconcile_rows r where r.id = any (p_rows) order by 1
  loop
    select array_agg(distinct r.entity_id) filter (where r.verdict = 'differs' and r.reason <> 'not_linked'),
      array_agg(distinct r.entity_id) filter (where r.verdict = 'missing'
        and (r.reason <> 'deleted_in_zoho' or p_recreate_deleted))
    into v_differs, v_missing
    from public.zoho_reconcile_rows r where r.id = any (p_rows) and r.entity_type = v_type and r.entity_id is not null;
    -- The business rows, then the mappings, then the queue.
    if v_type = 'contract' then
      perform from public.contracts c where c.id = any (v_missing) order by c.id for no key update;
    end if;
    perform from public.zoho_entity_mappings m
    where m.circletel_type = v_type and m.circletel_id = any (coalesce(v_differs, '{}') || coalesce(v_missing, '{}'))
    order by m.circletel_id for update;
    -- A Contact is not read before it is written: what Zoho was found not to hold is not known any more.
    update public.zoho_entity_mappings m set snapshot = m.snapshot - array(
      select f.name from public.zoho_reconcile_rows r cross join lateral jsonb_object_keys(r.fields) f (name)
      where r.id = any (p_rows) and r.entity_type = v_type and r.entity_id = m.circletel_id)
    where v_type = 'customer' and m.circletel_type = v_type and m.circletel_id = any (v_differs);
    delete from public.zoho_entity_mappings m where m.circletel_type = v_type and m.circletel_id = any (v_missing);
    if v_type = 'contract' and v_missing is not null then perform zoho_sync.note_deal_id(v_missing, null); end if;
    v_enqueued := v_enqueued + zoho_sync.reconcile_enqueue(
      v_type, coalesce(v_differs, '{}') || coalesce(v_missing, '{}'), 'reconcile');
    update public.zoho_reconcile_rows r set repaired_at = clock_timestamp()
    where r.id = any (p_rows) and r.entity_type = v_type and r.verdict in ('differs', 'missing');
  end loop;
  return jsonb_build_object('enqueued', v_enqueued);
end $$;
