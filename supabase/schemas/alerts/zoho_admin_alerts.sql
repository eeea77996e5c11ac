-- Every alert as it is now.
create or replace function public.zoho_admin_alerts() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'lastCheckedAt', max(a.checked_at),
    'rows', coalesce(jsonb_agg(jsonb_build_object('name', a.name, 'state', a.state, 'since', a.since,
      'detail', a.detail, 'told', a.told, 'lastNotifiedAt', a.last_notified_at,
      'isMuted', coalesce(a.muted_until > now(), false),
      'mutedUntil', case when a.muted_until > now() then nullif(a.muted_until, 'infinity') end) order by a.name), '[]'))
  from public.zoho_alerts a;
$$;
