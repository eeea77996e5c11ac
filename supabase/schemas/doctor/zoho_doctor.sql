-- What only Postgres knows of its own health, for zoho-admin's /doctor: names, states and times, never a secret.
-- Definer, because the API's roles see neither cron.job nor Vault nor what pg_net heard.
create or replace function zoho_sync.doctor_facts() returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_vault jsonb := null;
  v_calls jsonb := '{}';
  v_versions jsonb := null;
begin
  if to_regclass('vault.decrypted_secrets') is not null then
    execute $sql$select coalesce(jsonb_object_agg(s.name, case s.name
        when 'project_url' then s.decrypted_secret
        -- Its form only.
        else case when s.decrypted_secret ~ '^sb_secret_.{8,}$' then 'secret key' when s.decrypted_secret = '' then '' else 'other' end
      end), '{}')
      from vault.decrypted_secrets s where s.name in ('project_url', 'zoho_sync_key')$sql$ into v_vault;
  end if;
  if to_regclass('net._http_response') is not null then
    execute $sql$select jsonb_build_object(
        'answered', count(*) filter (where r.status_code between 200 and 299),
        'refused', count(*) filter (where r.status_code in (401, 403)),
        'missing', count(*) filter (where r.status_code = 404),
        'unreachable', count(*) filter (where r.status_code is null and not coalesce(r.timed_out, false)),
        'newest', (array_agg(r.status_code order by r.id desc))[1])
      from (select * from net._http_response n where n.created > now() - interval '15 minutes' order by n.id desc limit 100) r$sql$
      into v_calls;
  end if;
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute 'select coalesce(jsonb_agg(m.version order by m.version), ''[]'') from supabase_migrations.schema_migrations m' into v_versions;
  end if;
  return jsonb_build_object(
    'extensions', jsonb_build_object(
      'pg_net', to_regclass('net._http_response') is not null,
      'pg_cron', to_regclass('cron.job') is not null,
      'vault', to_regclass('vault.decrypted_secrets') is not null),
    'vault', v_vault, 'jobs', zoho_sync.doctor_jobs(), 'calls', v_calls, 'migrations', v_versions,
    'triggers', zoho_sync.doctor_triggers(),
    'now', clock_timestamp(),
    'paused', (
      select jsonb_build_object('until', nullif(s.paused_until, 'infinity'), 'code', s.pause_code, 'message', s.pause_message)
      from public.zoho_sync_state s where s.paused_until > now()),
    'queue', (
      select jsonb_build_object(
        'waiting', count(*) filter (where q.status = 'pending'),
        'dead', count(*) filter (where q.status = 'dead'),
        -- Backfill may wait for the day's credits.
        'oldest_seconds', coalesce(extract(epoch from now() - min(q.enqueued_at)
          filter (where q.status <> 'dead' and q.lane < 2 and q.next_attempt_at <= now())), 0)::int)
      from public.zoho_sync_queue q));
end $$;

create or replace function public.zoho_doctor() returns jsonb
language sql stable set search_path = '' as $$ select zoho_sync.doctor_facts() $$;

-- Every job that should be scheduled, whether it is, and how its last run ended; the definer's rights, for cron is closed to
-- the API's roles.
create or replace function zoho_sync.doctor_jobs() returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_jobs jsonb;
begin
  if to_regclass('cron.job') is null then return '[]'; end if;
  execute $sql$select jsonb_agg(jsonb_build_object('name', w.name, 'late_after_minutes', w.late_after_minutes,
      'state', case when j.jobid is null then 'missing' when not j.active then 'off' else 'on' end,
      'schedule', j.schedule, 'is_slow', j.schedule = w.minutes and w.minutes <> w.schedule,
      'last_status', d.status, 'last_at', d.start_time) order by w.name)
    from zoho_sync.jobs() w
    left join cron.job j on j.jobname = w.name
    left join lateral (
      select r.status, r.start_time from cron.job_run_details r
      where r.jobid = j.jobid order by r.runid desc limit 1) d on true$sql$ into v_jobs;
  return v_jobs;
end $$;

-- Every trigger that should be on a watched table.
create or replace function zoho_sync.doctor_triggers() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_agg(jsonb_build_object('table', w.source_table, 'name', 'zoho_sync_' || e.event,
    'state', case when g.tgname is null then 'missing' when g.tgenabled in ('O', 'A') then 'on' else 'off' end)
    order by w.source_table, e.event)
  from zoho_sync.watched_tables() w
  cross join unnest(array['insert', 'update', 'delete', 'truncate']) e (event)
  left join pg_catalog.pg_trigger g on g.tgrelid = to_regclass('public.' || w.source_table)
    and g.tgname = 'zoho_sync_' || e.event and not g.tgisinternal;
$$;
