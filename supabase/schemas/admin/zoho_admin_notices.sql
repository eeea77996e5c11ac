-- Notices, newest first.
create or replace function public.zoho_admin_notices(
  p_open_only boolean default true, p_after bigint default null, p_limit integer default 50) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_rows jsonb;
begin
  select jsonb_agg(jsonb_build_object('id', n.id::text, 'at', n.created_at, 'kind', n.kind,
      'entityType', n.entity_type, 'entityId', n.entity_id,
      'number', zoho_sync.entity_number(n.entity_type, n.entity_id), 'zohoType', n.zoho_type, 'zohoId', n.zoho_id,
      'message', n.message, 'acknowledgedAt', n.acknowledged_at, 'cursor', n.id::text) order by n.id desc)
  into v_rows
  from (
    select n.* from public.zoho_notices n
    where (not p_open_only or n.acknowledged_at is null) and (p_after is null or n.id < p_after)
    order by n.id desc limit p_limit + 1) n;
  return zoho_sync.page(coalesce(v_rows, '[]'), p_limit);
end $$;

create or replace function public.zoho_acknowledge_notices(p_ids bigint[]) returns integer
language sql set search_path = '' as $$
  with told as (
    update public.zoho_notices n set acknowledged_at = now()
    where n.id = any (p_ids) and n.acknowledged_at is null returning 1)
  select count(*)::integer from told;
$$;
