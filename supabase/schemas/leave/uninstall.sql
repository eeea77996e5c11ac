-- Takes the sync out of the database, in one transaction: jobs, triggers, functions, tables, schema zoho_sync. What stays:
-- CircleTel's tables with all of their rows, and the three tables of the original service (mappings and the attempt log with
-- the columns that came later; the token row is emptied, since only this project can decrypt it). docs/cut-over.md, "Leaving".
-- Definer, and granted to no role: only the owner of the schema can run it.
create or replace function zoho_sync.uninstall() returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform zoho_sync.unschedule_all();
  perform zoho_sync.drop_triggers();
  perform zoho_sync.release_original_tables();
  perform zoho_sync.drop_public_parts();
  drop schema zoho_sync cascade;
end $$;

create or replace function zoho_sync.unschedule_all() returns void
language plpgsql set search_path = '' as $$
begin
  if to_regprocedure('cron.unschedule(text)') is null then return; end if;
  execute 'select cron.unschedule(j.jobname) from cron.job j where j.jobname in (select w.name from zoho_sync.jobs() w)';
end $$;

-- Those on CircleTel's tables, found by the function that they run.
create or replace function zoho_sync.drop_triggers() returns void
language plpgsql set search_path = '' as $$
declare
  t record;
begin
  for t in
    select g.tgname as name, g.tgrelid::regclass as on_table from pg_catalog.pg_trigger g
    join pg_catalog.pg_proc p on p.oid = g.tgfoid
    where p.pronamespace = 'zoho_sync'::regnamespace and not g.tgisinternal
  loop
    execute format('drop trigger %I on %s', t.name, t.on_table);
  end loop;
end $$;

-- The original tables without anything of schema zoho_sync: their policies say in full what its helper said.
create or replace function zoho_sync.release_original_tables() returns void
language plpgsql set search_path = '' as $$
declare
  v_table text;
  p record;
begin
  for p in
    select o.policyname as name, o.tablename as tbl from pg_catalog.pg_policies o
    where o.schemaname = 'public' and o.tablename in ('zoho_tokens', 'zoho_sync_logs', 'zoho_entity_mappings')
  loop
    execute format('drop policy %I on public.%I', p.name, p.tbl);
  end loop;
  foreach v_table in array array['zoho_tokens', 'zoho_sync_logs', 'zoho_entity_mappings'] loop
    execute format('create policy "active admins read" on public.%I for select to authenticated using (exists (
      select from public.admin_users a where a.id = (select auth.uid()) and a.is_active))', v_table);
  end loop;
  alter table public.zoho_tokens drop constraint if exists zoho_tokens_sealed;
  delete from public.zoho_tokens where true;
end $$;

-- Tables and functions of ours in public. The tables by name: another one that is called alike is not ours.
create or replace function zoho_sync.drop_public_parts() returns void
language plpgsql set search_path = '' as $$
declare
  v_table text;
  f record;
begin
  foreach v_table in array zoho_sync.own_tables() loop
    execute format('drop table if exists public.%I cascade', v_table);
  end loop;
  for f in
    select p.oid::regprocedure as signature from pg_catalog.pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname like 'zoho\_%'
      and p.prorettype <> 'trigger'::regtype and 'search_path=""' = any (p.proconfig)
  loop
    execute format('drop function if exists %s cascade', f.signature);
  end loop;
end $$;

create or replace function zoho_sync.own_tables() returns text[]
language sql immutable set search_path = '' as $$
  select array['zoho_accounts', 'zoho_admin_actions', 'zoho_alerts', 'zoho_backfill_items', 'zoho_backfill_runs', 'zoho_channels',
    'zoho_credit_ledger', 'zoho_fields', 'zoho_notices', 'zoho_products', 'zoho_questions', 'zoho_reconcile_rows',
    'zoho_reconcile_runs', 'zoho_sync_queue', 'zoho_sync_state', 'zoho_webhook_events', 'zoho_webhook_refusals'];
$$;
