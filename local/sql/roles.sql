-- The platform's roles. They belong to the cluster, so this runs once, as the superuser supabase_admin, and may be
-- run again. `postgres` is no superuser on the platform either: a migration that needs one fails here as it does there.
do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('anon',          'nologin noinherit'),
      ('authenticated', 'nologin noinherit'),
      ('service_role',  'nologin noinherit bypassrls'),
      ('authenticator', 'login noinherit password ''postgres'''),
      ('postgres',      'login createdb createrole replication bypassrls password ''postgres''')
    ) as role(name, attributes)
  loop
    if to_regrole(wanted.name) is null then
      execute format('create role %I %s', wanted.name, wanted.attributes);
    end if;
  end loop;
end
$$;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres with admin option;

alter role postgres set search_path to "$user", public, extensions;

-- PostgREST logs in as authenticator and applies what is set for the role that it takes on.
alter role anon set statement_timeout to '3s';
alter role authenticated set statement_timeout to '8s';
alter role authenticator set statement_timeout to '8s';
alter role authenticator set lock_timeout to '8s';
