-- Who may do what, by one loop over the catalog. Postgres lets PUBLIC execute every new function, and projects from before
-- 2026-10-30 grant anon, authenticated and service_role everything besides: all of it is taken away, then given by rule.
--
--   functions  service_role executes those that run with the caller's rights, and the definer ones named here. Triggers
--              and jobs need no grant.
--   tables     service_role reads and writes; authenticated reads where a policy says whom. Exceptions are named here.
do $$
declare
  o record;
begin
  for o in
    select p.oid::regprocedure as signature,
      p.prorettype <> 'trigger'::regtype and (not p.prosecdef or p.proname in (
        -- Called by functions that run with the caller's rights.
        'call_function', 'ring_doorbell', 'ensure_state', 'lease_token', 'store_token', 'fail_token', 'newest_migration', 'doctor_facts',
        'is_active_admin', 'erase_person', 'export_person')) as for_service_role,
      p.proname = 'is_active_admin' as for_authenticated
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'zoho_sync' or (n.nspname = 'public' and (p.proname like 'zoho\_%'
      or p.proname in ('get_zoho_id', 'get_circletel_id', 'is_entity_synced')))
  loop
    execute format('revoke all on function %s from public, anon, authenticated, service_role', o.signature);
    if o.for_service_role then execute format('grant execute on function %s to service_role', o.signature); end if;
    if o.for_authenticated then execute format('grant execute on function %s to authenticated', o.signature); end if;
  end loop;

  for o in
    select format('%I.%I', n.nspname, c.relname) as name, c.relkind,
      case
        when c.relkind = 'v' then 'select'
        -- Written by definer functions only.
        when c.relname in ('zoho_tokens', 'settled_waits', 'attempt_hours', 'rings', 'scheduled_jobs', 'erased_people') then 'select'
        -- The audit log is append-only.
        when c.relname = 'zoho_admin_actions' then 'select, insert'
        -- An attempt is opened and closed, never deleted.
        when c.relname = 'zoho_sync_logs' then 'select, insert, update'
        -- A business transaction inserts, by a definer function; the fold reads and deletes.
        when c.relname = 'outbox' then 'select, delete'
        -- One row for ever.
        when c.relname in ('zoho_sync_state', 'identity') then 'select, update'
        else 'select, insert, update, delete' end as for_service_role,
      case
        when n.nspname <> 'public' then null
        when c.relname in ('zoho_entity_mappings', 'zoho_accounts', 'zoho_products') then 'select, delete'
        else 'select' end as for_authenticated
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'v') and (n.nspname = 'zoho_sync' or (n.nspname = 'public' and c.relname like 'zoho\_%'))
  loop
    execute format('revoke all on %s from public, anon, authenticated, service_role', o.name);
    execute format('grant %s on %s to service_role', o.for_service_role, o.name);
    if o.for_authenticated is not null then
      execute format('grant %s on %s to authenticated', o.for_authenticated, o.name);
    end if;
  end loop;

  for o in
    select format('%I.%I', n.nspname, c.relname) as name, c.relname in ('doorbell', 'backfill_turn', 'write_revision') as is_clock
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and (n.nspname = 'zoho_sync' or (n.nspname = 'public' and c.relname like 'zoho\_%'))
  loop
    execute format('revoke all on sequence %s from public, anon, authenticated, service_role', o.name);
    if o.is_clock then execute format('grant usage, select, update on sequence %s to service_role', o.name); end if;
  end loop;
end $$;
