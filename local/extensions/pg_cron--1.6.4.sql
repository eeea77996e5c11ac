\echo Use "CREATE EXTENSION pg_cron" to load this file. \quit

-- pg_cron: the SQL side. The worker is local/cron_worker.ts.
--
-- The real extension can be created in one database of a server, the one that cron.database_name says. The tests have
-- many databases in one server, each with its own worker, so here each may have it.

create schema cron;

create sequence cron.jobid_seq;
create table cron.job (
  jobid bigint primary key default nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport integer not null default coalesce(inet_server_port(), 5432),
  database text not null default current_database(),
  username text not null default current_user,
  active boolean not null default true,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);
alter table cron.job enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);

create sequence cron.runid_seq;
create table cron.job_run_details (
  jobid bigint,
  runid bigint primary key default nextval('cron.runid_seq'),
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);
alter table cron.job_run_details enable row level security;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);

-- Refuses what pg_cron refuses. What each field may hold is checked by the worker when it reads the job.
create function cron._check_schedule(schedule text) returns void
language plpgsql immutable set search_path = '' as $$
declare
  seconds text := substring(schedule from '(?i)^\s*([0-9]+)\s+seconds?\s*$');
begin
  if seconds is not null and seconds::numeric between 1 and 59 then
    return;
  end if;
  if seconds is null and schedule ~ '^\s*([0-9*,/$-]+\s+){4}[0-9*,/A-Za-z-]+\s*$' then
    return;
  end if;
  raise exception 'invalid schedule: %', schedule using
    errcode = 'invalid_parameter_value',
    hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
end
$$;

-- The real functions are written in C: they see who called and write the table as its owner. Here a function that runs
-- as its caller says who that is to one that runs as the owner. Whoever may use the schema could name somebody else;
-- the platform lets only postgres in.
create function cron._save_job(username text, job_name text, schedule text, command text) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  id bigint;
begin
  perform cron._check_schedule($3);
  insert into cron.job (username, jobname, schedule, command) values ($1, $2, $3, $4)
  on conflict on constraint jobname_username_uniq
    do update set schedule = excluded.schedule, command = excluded.command, active = true
  returning jobid into id;
  return id;
end
$$;

create function cron._remove_job(username text, job_id bigint) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from cron.job j where j.jobid = $2 and j.username = $1;
  if not found then
    raise exception 'could not find valid entry for job %', $2;
  end if;
  return true;
end
$$;

create function cron._remove_job(username text, job_name text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from cron.job j where j.jobname = $2 and j.username = $1;
  if not found then
    raise exception 'could not find valid entry for job ''%''', $2;
  end if;
  return true;
end
$$;

create function cron._alter_job(
  owner text, job_id bigint, schedule text, command text, database text, username text, active boolean
) returns void language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
begin
  if $3 is not null then
    perform cron._check_schedule($3);
  end if;
  if $6 <> $1 then
    raise exception 'must be superuser to alter username' using errcode = 'insufficient_privilege';
  end if;
  update cron.job set
    schedule = coalesce($3, schedule),
    command = coalesce($4, command),
    database = coalesce($5, database),
    active = coalesce($7, active)
  where jobid = $2 and username = $1;
  if not found then
    raise exception 'Job % does not exist or you don''t own it', $2;
  end if;
end
$$;

create function cron.schedule(job_name text, schedule text, command text) returns bigint
language sql volatile strict set search_path = '' as $$ select cron._save_job(current_user::text, $1, $2, $3) $$;

create function cron.schedule(schedule text, command text) returns bigint
language sql volatile strict set search_path = '' as $$ select cron._save_job(current_user::text, null, $1, $2) $$;

create function cron.unschedule(job_id bigint) returns boolean
language sql volatile strict set search_path = '' as $$ select cron._remove_job(current_user::text, $1) $$;

create function cron.unschedule(job_name text) returns boolean
language sql volatile strict set search_path = '' as $$ select cron._remove_job(current_user::text, $1) $$;

create function cron.alter_job(
  job_id bigint,
  schedule text default null,
  command text default null,
  database text default null,
  username text default null,
  active boolean default null
) returns void language sql volatile set search_path = '' as $$
  select cron._alter_job(current_user::text, $1, $2, $3, $4, $5, $6)
$$;

create function cron.job_cache_invalidate() returns trigger language plpgsql set search_path = '' as $$
begin
  perform pg_notify('pg_cron_jobs', '');
  return null;
end
$$;
create trigger cron_job_cache_invalidate after insert or update or delete or truncate on cron.job
  for each statement execute function cron.job_cache_invalidate();

-- What the extension grants itself. Nobody but its owner may enter the schema so far.
grant select on cron.job to public;
grant select, delete on cron.job_run_details to public;
grant select on cron.jobid_seq, cron.runid_seq to public;
revoke all on function cron.alter_job(bigint, text, text, text, text, boolean) from public;
revoke all on function cron._alter_job(text, bigint, text, text, text, text, boolean) from public;
