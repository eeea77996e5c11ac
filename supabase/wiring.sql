-- After a deployment: schedules every job, then fails, naming what is missing, unless Postgres can ring the functions.
--   supabase db query --remote --file supabase/wiring.sql --yes
do $$
declare
  v_missing text[];
begin
  select array_agg(format('extension %s', e.name)) into v_missing
  from (values ('pg_net', 'net', 'http_post'), ('pg_cron', 'cron', 'schedule'),
    ('supabase_vault', 'vault', 'create_secret')) e (name, schema, function)
  where not exists (
    select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = e.schema and p.proname = e.function);
  if v_missing is not null then
    raise exception 'missing: %', array_to_string(v_missing, ', ')
      using hint = 'Switch it on (Dashboard → Database → Extensions), then see docs/deploy.md, step 4';
  end if;

  perform zoho_sync.schedule_all();
  select array_agg(format('Vault secret %s', s.name)) into v_missing
  from unnest(array['project_url', 'zoho_sync_key']) s (name)
  where not exists (select from vault.decrypted_secrets d where d.name = s.name and d.decrypted_secret <> '');
  v_missing := v_missing || (
    select array_agg(format('cron job %s', j.name))
    from zoho_sync.jobs() j
    where not exists (select from cron.job c where c.jobname = j.name and c.command = j.command and c.active));
  if cardinality(v_missing) > 0 then
    raise exception 'missing: %', array_to_string(v_missing, ', ') using hint = 'docs/deploy.md, steps 3 and 4';
  end if;
end $$;
