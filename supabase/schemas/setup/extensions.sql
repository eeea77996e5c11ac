-- pg_net, pg_cron, Vault and pg_trgm where the platform has them. `create schema if not exists pg_catalog` would be refused:
-- Postgres looks at reserved names before it looks whether the schema is there (42939).
--
-- Elsewhere, or where an extension cannot be created, the queue works the same; nothing rings and nothing sweeps until
-- something calls zoho-sync, and the doctor says so. Without pg_trgm a search reads its table from end to end.
do $$
declare
  e record;
begin
  for e in select * from (values ('pg_net', 'extensions'), ('pg_cron', 'pg_catalog'), ('supabase_vault', 'vault'),
      ('pg_trgm', 'extensions'))
    v (name, schema)
  loop
    if not exists (select from pg_catalog.pg_available_extensions a where a.name = e.name)
      or exists (select from pg_catalog.pg_extension x where x.extname = e.name) then
      continue;
    end if;
    begin
      if to_regnamespace(e.schema) is null then
        execute format('create schema %I', e.schema);
      end if;
      execute format('create extension %I with schema %I', e.name, e.schema);
    exception when others then
      raise warning 'zoho_sync: extension % could not be created: % (%)', e.name, sqlerrm, sqlstate
        using hint = 'Switch it on (Dashboard → Database → Extensions), then: select * from zoho_sync.schedule_all()';
    end;
  end loop;
end $$;
