-- Every job that should be scheduled, whether it is, as it should be, and how its last run ended. Null without pg_cron.
create or replace function zoho_sync.doctor_jobs() returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_jobs jsonb := null;
begin
  if to_regclass('cron.job') is not null then
    execute $sql$select jsonb_agg(jsonb_build_object('name', w.name, 'late_after_minutes', w.late_after_minutes, 'command', w.command,
        'state', case when j.jobid is null then 'missing' when not j.active then 'off'
          when j.command <> w.command or j.schedule not in (w.schedule, w.minutes) then 'changed' else 'on' end,
        'is_slow', j.schedule = w.minutes and w.minutes <> w.schedule,
        'last_status', d.status, 'last_at', d.start_time, 'scheduled_at', s.scheduled_at) order by w.name)
      from zoho_sync.jobs() w
      left join cron.job j on j.jobname = w.name
      left join zoho_sync.scheduled_jobs s on s.name = w.name
      left join lateral (
        select r.status, r.start_time from cron.job_run_details r
        where r.jobid = j.jobid order by r.runid desc limit 1) d on true$sql$ into v_jobs;
  end if;
  return v_jobs;
end $$;
