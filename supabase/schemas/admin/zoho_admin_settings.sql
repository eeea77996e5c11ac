-- Setup as far as the database knows it.
create or replace function public.zoho_admin_settings() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('channels', zoho_sync.status_channels(), 'migration', zoho_sync.newest_migration(),
    'dailyCredits', s.daily_credits, 'concurrency', s.concurrency,
    'syncedTypes', to_jsonb(s.synced_types), 'fieldMetadata', coalesce((
      select jsonb_agg(to_jsonb(f) order by f.module, f.field) from public.zoho_fields f), '[]'))
  from public.zoho_sync_state s;
$$;
