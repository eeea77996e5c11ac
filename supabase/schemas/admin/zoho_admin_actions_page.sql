-- The acts of operators, newest first.
create or replace function public.zoho_admin_actions_page(
  p_actor text default null, p_action text default null, p_after bigint default null, p_limit integer default 50)
returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_rows jsonb;
begin
  select jsonb_agg(jsonb_build_object('id', a.id::text, 'at', a.at, 'actor', a.actor,
      'actorName', zoho_sync.name_of_actor(a.actor),
      'action', a.action, 'details', a.details, 'cursor', a.id::text) order by a.id desc)
  into v_rows
  from (
    select a.* from public.zoho_admin_actions a
    where (p_actor is null or a.actor = p_actor) and (p_action is null or a.action = p_action)
      and (p_after is null or a.id < p_after)
    order by a.id desc limit p_limit + 1) a;
  return zoho_sync.page(coalesce(v_rows, '[]'), p_limit);
end $$;
