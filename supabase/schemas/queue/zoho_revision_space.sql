-- What this database knows of its own write revisions. `checked_seconds_ago` is null when they were never compared with
-- Zoho's.
create or replace function public.zoho_revision_space() returns jsonb
language sql volatile set search_path = '' as $$
  select jsonb_build_object('epoch', s.revision_epoch, 'last', w.last_value, 'earlier', to_jsonb(s.earlier_epochs),
    'checked_seconds_ago', case when s.revisions_checked_at > '-infinity'
      then extract(epoch from clock_timestamp() - s.revisions_checked_at) end)
  from public.zoho_sync_state s, zoho_sync.write_revision w;
$$;
