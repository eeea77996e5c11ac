-- Schedules every job of zoho_sync.jobs(); other jobs stay as they are. May be run again at any time.
-- After pg_cron was switched on, re-created or restored, this one call brings everything back:
--   select * from zoho_sync.schedule_all();
-- Answers each job with its schedule and what was done: scheduled, changed or kept. None without pg_cron.
-- Definer: jobs belong to the role that schedules them, and those of two owners would both run.
create or replace function zoho_sync.schedule_all() returns table (job text, schedule text, done text)
language plpgsql security definer set search_path = '' as $$
declare
  v_has_seconds boolean;
  j record;
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then
    raise warning 'zoho_sync: pg_cron is not switched on, so nothing is scheduled'
      using hint = 'Dashboard → Database → Extensions → pg_cron, then: select * from zoho_sync.schedule_all()';
    return;
  end if;
  -- Debian's is called "1.4-1".
  select regexp_match(x.extversion, '^(\d+)\.(\d+)')::integer[] >= array[1, 5] into v_has_seconds
  from pg_catalog.pg_extension x where x.extname = 'pg_cron';

  for j in execute format($sql$
    select w.name, w.wanted, w.command,
      case
        when c.jobname is null then 'scheduled'
        when (c.schedule, c.command, c.active) is distinct from (w.wanted, w.command, true) then 'changed'
        else 'kept' end as done
    from (
      select j.name, j.command, case when %L then j.schedule else j.minutes end as wanted from zoho_sync.jobs() j) w
    left join cron.job c on c.jobname = w.name and c.username = current_user
    order by 1$sql$, v_has_seconds)
  loop
    job := j.name;
    schedule := j.wanted;
    done := j.done;
    if j.done <> 'kept' then
      execute format('select cron.schedule(%L, %L, %L)', j.name, j.wanted, j.command);
    end if;
    -- cron.schedule leaves a job that was switched off as it is before pg_cron 1.6.
    if j.done = 'changed' then
      execute format('select cron.alter_job(o.jobid, active => true) from cron.job o where o.jobname = %L and o.username = current_user and not o.active', j.name);
    end if;
    insert into zoho_sync.scheduled_jobs as s (name) values (j.name)
    on conflict (name) do update set scheduled_at = now() where j.done <> 'kept';
    return next;
  end loop;
end $$;
