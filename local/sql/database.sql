-- What every database of the platform starts with. Since 2026-10-30 nothing in `public` is granted to the API's roles
-- by itself: they may enter the schema, and each migration says what they may do there.
grant usage on schema public to anon, authenticated, service_role;

create schema extensions;
grant usage on schema extensions to postgres, anon, authenticated, service_role;
grant create on schema extensions to postgres;
create extension pgcrypto with schema extensions;
create extension "uuid-ossp" with schema extensions;

-- A worker is told when its extension comes or goes; the real ones learn it from Postgres itself.
create function extensions.tell_workers() returns event_trigger language plpgsql set search_path = '' as $$
begin
  perform pg_notify('pg_cron_jobs', ''), pg_notify('pg_net_wake', '');
end
$$;
create event trigger tell_workers on ddl_command_end when tag in ('CREATE EXTENSION', 'DROP EXTENSION')
  execute function extensions.tell_workers();
