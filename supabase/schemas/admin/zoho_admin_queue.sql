-- Rows of the queue as they are answered, in the order given, each with its cursor. Numbers are looked up one by one: a
-- join over a page of 50 may be planned as a hash of all contracts.
create or replace function zoho_sync.queue_items(p_rows public.zoho_sync_queue[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'entityType', q.entity_type, 'entityId', q.entity_id,
    'number', zoho_sync.entity_number(q.entity_type, q.entity_id),
    'lane', q.lane, 'status', q.status, 'failedRounds', q.failed_rounds, 'cause', q.cause, 'forced', q.forced,
    'enqueuedAt', q.enqueued_at, 'nextAttemptAt', q.next_attempt_at, 'leaseUntil', q.lease_until,
    'error', case when q.error_code is not null then jsonb_build_object(
      'code', q.error_code, 'field', q.error_field, 'message', q.error_message) end,
    'cursor', (extract(epoch from q.enqueued_at) * 1000000)::bigint || '.' || q.entity_id) order by q.ordinality), '[]')
  from unnest(p_rows) with ordinality q;
$$;

-- Pages are planned for what is asked: a plan for every filter at once would read from end to end. p_failed: only what
-- zoho_admin_problems counts, p_text: what a search finds an entity by.
create or replace function public.zoho_admin_queue(
  p_lane smallint default null, p_status text default null, p_code text default null, p_field text default null,
  p_after text default null, p_limit integer default 50, p_failed boolean default false,
  p_from timestamptz default null, p_to timestamptz default null, p_text text default null) returns jsonb
language plpgsql volatile set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_at timestamptz := zoho_sync.from_micros(split_part(p_after, '.', 1)::bigint);
  v_id uuid := split_part(p_after, '.', 2)::uuid;
  v_entities uuid[] := case when p_text is not null then array(
    select e.id from jsonb_to_recordset(zoho_sync.entities_called(p_text)) e (id uuid)) end;
  v_rows public.zoho_sync_queue[];
begin
  -- p_field '' is "no field".
  v_rows := array(
    select q from public.zoho_sync_queue q
    where (p_lane is null or q.lane = p_lane) and (p_status is null or q.status = p_status)
      and (not p_failed and p_code is null or q.error_code is not null and (q.status = 'dead' or q.failed_rounds >= 2
        or q.failed_rounds = 1 and q.error_code ~ zoho_sync.problem_at_once()))
      and (p_code is null or (q.error_code = p_code and (p_field is null or coalesce(q.error_field, '') = p_field)))
      and (p_from is null or q.enqueued_at >= p_from) and (p_to is null or q.enqueued_at < p_to)
      and (p_text is null or q.entity_id = any (v_entities))
      and (p_after is null or (q.enqueued_at, q.entity_id) > (v_at, v_id))
    order by q.enqueued_at, q.entity_id
    limit p_limit + 1);
  return zoho_sync.page(zoho_sync.queue_items(v_rows), p_limit);
end $$;
