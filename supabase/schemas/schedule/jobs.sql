-- Every scheduled job, once. `minutes` is the schedule for pg_cron before 1.5, which knows no seconds; `late_after_minutes`
-- is how long the doctor waits for a run before it says that one is late. Times are UTC: 00:23 is 02:23 in Johannesburg.
create or replace function zoho_sync.jobs()
returns table (name text, schedule text, minutes text, late_after_minutes integer, command text)
language sql immutable set search_path = '' as $$
  values
    ('zoho-sync-sweep', '30 seconds', '* * * * *', 5, 'select zoho_sync.sweep()'),
    ('zoho-backfill-sweep', '30 seconds', '* * * * *', 5, 'select zoho_sync.sweep_backfill()'),
    ('zoho-search-keep', '30 seconds', '* * * * *', 10, 'select zoho_sync.keep_search()'),
    ('zoho-reconcile-sweep', '* * * * *', '* * * * *', 10, 'select zoho_sync.sweep_reconcile()'),
    ('zoho-alerts-check', '* * * * *', '* * * * *', 10,
      'select zoho_sync.call_function(''zoho-admin/alerts/check'', ''{"reason":"schedule"}''::jsonb)'),
    ('zoho-token-refresh', '*/5 * * * *', '*/5 * * * *', 15, 'select zoho_sync.refresh_token_ahead()'),
    ('zoho-reconcile-changes', '7 * * * *', '7 * * * *', 150, 'select zoho_sync.schedule_reconcile(''incremental'')'),
    ('zoho-admin-hours', '11 * * * *', '11 * * * *', 150, 'select zoho_sync.roll_hours()'),
    ('zoho-reconcile-all', '23 0 * * *', '23 0 * * *', 1560, 'select zoho_sync.schedule_reconcile(''full'')'),
    ('zoho-sync-purge', '17 1 * * *', '17 1 * * *', 1560, 'select zoho_sync.purge_expired()'),
    ('zoho-channels-renew', '41 3 * * *', '41 3 * * *', 1560,
      'select zoho_sync.call_function(''zoho-admin/watch'', ''{"action":"renew"}''::jsonb)');
$$;
