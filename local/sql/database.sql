-- What every database of the platform starts with. Since 2026-10-30 nothing in `public` is granted to the API's roles
-- by itself: they may enter the schema, and each migration says what they may do there.
grant usage on schema public to anon, authenticated, service_role;

create schema extensions;
grant usage on schema extensions to postgres, anon, authenticated, service_role;
grant create on schema extensions to postgres;
create extension pgcrypto with schema extensions;
create extension "uuid-ossp" with schema extensions;

-- What the platform does after `create extension`: jobs and secrets are written by the functions alone.
create function extensions.grant_access() returns event_trigger language plpgsql security definer set search_path = '' as $$
declare
  v_made text[] := array(
    select e.extname from pg_catalog.pg_event_trigger_ddl_commands() c join pg_catalog.pg_extension e on e.oid = c.objid
    where c.classid = 'pg_catalog.pg_extension'::regclass);
begin
  if 'pg_cron' = any (v_made) then
    grant usage on schema cron to postgres with grant option;
    grant all on all functions in schema cron to postgres with grant option;
    grant all on all tables in schema cron to postgres with grant option;
    revoke all on cron.job from postgres;
    grant select on cron.job to postgres with grant option;
    -- The real functions write as the owner of the extension. There that is supabase_admin; a trusted extension belongs
    -- to who made it, postgres. So where the real pg_cron runs, postgres has what its functions need.
    if exists (
      select from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang
      where p.pronamespace = 'cron'::regnamespace and l.lanname = 'c')
    then
      grant insert, update, delete on cron.job to postgres;
      grant usage on all sequences in schema cron to postgres;
    end if;
    revoke trigger on cron.job_run_details from postgres;
  end if;
  if 'supabase_vault' = any (v_made) then
    grant usage on schema vault to postgres with grant option;
    grant select, delete, references, truncate on vault.secrets, vault.decrypted_secrets to postgres with grant option;
    grant execute on function vault.create_secret, vault.update_secret, vault._decode to postgres with grant option;
    grant usage on schema vault to service_role;
    grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
    grant execute on function vault.create_secret, vault.update_secret, vault._decode to service_role;
  end if;
end
$$;
create event trigger grant_access on ddl_command_end when tag in ('CREATE EXTENSION')
  execute function extensions.grant_access();

-- A worker is told when its extension comes or goes; the real ones learn it from Postgres itself.
create function extensions.tell_workers() returns event_trigger language plpgsql set search_path = '' as $$
begin
  perform pg_notify('pg_cron_jobs', ''), pg_notify('pg_net_wake', '');
end
$$;
create event trigger tell_workers on ddl_command_end when tag in ('CREATE EXTENSION', 'DROP EXTENSION')
  execute function extensions.tell_workers();
