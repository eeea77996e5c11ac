-- Makes changes due again, their rounds at nought: named ones ([{type, id}]), those of one cause, or all that failed.
create or replace function public.zoho_admin_retry(
  p_entities jsonb default null, p_code text default null, p_field text default null, p_limit integer default 10000)
returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_count integer;
begin
  with named as (
    select n.type, n.id from jsonb_to_recordset(p_entities) n (type text, id uuid)),
  chosen as (
    select q.entity_type, q.entity_id from public.zoho_sync_queue q
    where q.status in ('dead', 'pending')
      and case when p_entities is not null
        then (q.entity_type, q.entity_id) in (select n.type, n.id from named n)
        else q.error_code is not null and (q.status = 'dead' or q.failed_rounds >= 2
            or q.failed_rounds = 1 and q.error_code ~ zoho_sync.problem_at_once())
          and (p_code is null or q.error_code = p_code)
          and (p_field is null or coalesce(q.error_field, '') = p_field) end
    order by q.entity_id
    limit p_limit
    for update)
  update public.zoho_sync_queue q set status = 'pending', failed_rounds = 0, next_attempt_at = now()
  from chosen c where q.entity_type = c.entity_type and q.entity_id = c.entity_id;
  get diagnostics v_count = row_count;
  if v_count > 0 then
    perform zoho_sync.call_function('zoho-sync', '{"reason":"retried"}'::jsonb);
  end if;
  return jsonb_build_object('retried', v_count, 'more', v_count = p_limit);
end $$;
