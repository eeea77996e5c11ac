-- Why an entity is passed over by every way into the queue (zoho_sync.enqueue says which are).
create or replace function zoho_sync.backfill_refusal(p_entity_type text, p_id uuid) returns text
language sql stable set search_path = '' as $$
  select case
    when exists (select from zoho_sync.missing_entities(array[p_entity_type], array[p_id])) then 'NOT_FOUND'
    when not exists (select from public.zoho_sync_state s where p_entity_type = any (s.synced_types)) then 'SWITCHED_OFF'
    when exists (
      select from public.customers cu
      where cu.account_type = 'internal_test' and cu.id in (
        select p_id
        union all select c.customer_id from public.contracts c where c.id = p_id
        union all select q.customer_id from public.contracts c join public.business_quotes q on q.id = c.quote_id
          where c.id = p_id
        union all select q.customer_id from public.business_quotes q where q.id = p_id
        union all select i.customer_id from public.customer_invoices i where i.id = p_id)) then 'INTERNAL_TEST'
    when exists (select from public.business_quotes q where q.id = p_id and coalesce(btrim(q.quote_number), '') = '')
      or exists (select from public.customer_invoices i where i.id = p_id and coalesce(btrim(i.invoice_number), '') = '')
      then 'NO_NUMBER'
    else 'CONSUMER' end;
$$;

-- Lists and queue grow by thousands between two looks of autovacuum; judged by statistics of an empty table, a join of the
-- two is a nested loop over both (6,000 entities: 17 s). Where all of a run is joined, nested loops are off.

-- Puts the next p_limit entities in the queue's last lane, oldest first: the order of the plan is the order of the
-- waves, so that the same companies meet in the same calls and cost what was said. No more than p_ahead of them wait in the
-- queue at a time, since the progress of a run is read from these. Answers how many.
create or replace function public.zoho_backfill_enqueue(p_run uuid, p_limit integer, p_ahead integer default 30000)
returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' set enable_nestloop = off as $$
declare
  v_run public.zoho_backfill_runs;
  v_ids uuid[];
begin
  select * into v_run from public.zoho_backfill_runs r where r.id = p_run for update;
  if v_run.dry_run or v_run.status <> 'running' then return 0; end if;
  v_ids := zoho_sync.backfill_next(p_run, greatest(0, least(p_limit, p_ahead - (
    select count(*)::integer from public.zoho_backfill_items i where i.run_id = p_run and i.state = 'queued'))));
  if cardinality(v_ids) = 0 then return 0; end if;
  perform public.zoho_enqueue(v_run.entity_type, v_ids, 2::smallint, zoho_sync.backfill_cause(p_run));
  update public.zoho_sync_queue q set next_attempt_at = now() + i.position * interval '1 microsecond'
  from public.zoho_backfill_items i
  where i.run_id = p_run and i.entity_id = any (v_ids)
    and q.entity_type = i.entity_type and q.entity_id = i.entity_id and q.lane = 2 and q.status = 'pending';
  -- What zoho_enqueue passed over is refused.
  update public.zoho_backfill_items i set
    state = case when r.is_queued then 'queued' else 'refused' end,
    plan = case when not r.is_queued then 'refuse' end,
    reason = case when not r.is_queued then zoho_sync.backfill_refusal(r.entity_type, r.entity_id) end
  from (
    select o.entity_type, o.entity_id, q.entity_id is not null as is_queued from public.zoho_backfill_items o
    left join public.zoho_sync_queue q on q.entity_type = o.entity_type and q.entity_id = o.entity_id
    where o.run_id = p_run and o.entity_id = any (v_ids)) r
  where i.run_id = p_run and i.entity_id = r.entity_id;
  perform zoho_sync.ring_doorbell();
  return cardinality(v_ids);
end $$;
