-- What only Postgres knows of its own health, for zoho-admin's /doctor: names, states, times and digests, never a secret.
-- Fact by fact, {"name": {"value": …}}; one that cannot be read, {"name": {"unreadable": "42501"}}, hides no other.
-- Definer, because the API's roles see neither cron.job nor Vault nor pg_net's answers. A fact behind another's lock is
-- unreadable, too, rather than late.
create or replace function zoho_sync.doctor_facts() returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  v_name text;
  v_value jsonb;
  v_facts jsonb := jsonb_build_object('now', clock_timestamp());
begin
  foreach v_name in array array[
    'extensions', 'vault', 'jobs', 'calls', 'migrations', 'triggers', 'pause', 'queue', 'questions', 'admins'] loop
    begin
      execute format('select zoho_sync.doctor_%s()', v_name) into v_value;
      v_facts := v_facts || jsonb_build_object(v_name, jsonb_build_object('value', v_value));
    exception when others then
      v_facts := v_facts || jsonb_build_object(v_name, jsonb_build_object('unreadable', sqlstate));
    end;
  end loop;
  return v_facts;
end $$;

create or replace function public.zoho_doctor() returns jsonb
language sql stable set search_path = '' as $$ select zoho_sync.doctor_facts() $$;

create or replace function zoho_sync.doctor_extensions() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'pg_net', to_regclass('net._http_response') is not null,
    'pg_cron', to_regclass('cron.job') is not null,
    'vault', to_regclass('vault.decrypted_secrets') is not null);
$$;

-- Null where there is no Vault. Of the key its form, and a digest to compare with the keys that the functions know.
create or replace function zoho_sync.doctor_vault() returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_vault jsonb := null;
begin
  if to_regclass('vault.decrypted_secrets') is not null then
    execute $sql$select jsonb_build_object(
        'project_url', max(s.decrypted_secret) filter (where s.name = 'project_url'),
        'key_form', max(case when s.decrypted_secret ~ '^sb_secret_.{8,}$' then 'secret key' when s.decrypted_secret <> '' then 'other' end)
          filter (where s.name = 'zoho_sync_key'),
        'key_digest', max(encode(sha256(convert_to(s.decrypted_secret, 'UTF8')), 'hex')) filter (where s.name = 'zoho_sync_key'))
      from vault.decrypted_secrets s where s.name in ('project_url', 'zoho_sync_key')$sql$ into v_vault;
  end if;
  return v_vault;
end $$;

create or replace function zoho_sync.doctor_migrations() returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_versions jsonb := null;
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute 'select coalesce(jsonb_agg(m.version order by m.version), ''[]'') from supabase_migrations.schema_migrations m' into v_versions;
  end if;
  return v_versions;
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
