-- Who may touch the sync tables. The original policies are replaced whole: three of them were always true for
-- everybody, and the admin ones may rest on a helper that raises (see is_active_admin). Their names differ
-- between installations, so they are found by table, not by name.
do $$
declare
  p record;
begin
  for p in
    select policyname, tablename from pg_catalog.pg_policies
    where schemaname = 'public' and tablename in ('zoho_tokens', 'zoho_sync_logs', 'zoho_entity_mappings')
  loop
    execute format('drop policy %I on public.%I', p.policyname, p.tablename);
  end loop;
end $$;

alter table public.zoho_tokens enable row level security;
alter table public.zoho_sync_logs enable row level security;
alter table public.zoho_entity_mappings enable row level security;

revoke all on public.zoho_tokens, public.zoho_sync_logs, public.zoho_entity_mappings
  from public, anon, authenticated;
grant select, insert, update on public.zoho_tokens to authenticated;
grant select on public.zoho_sync_logs to authenticated;
grant select, delete on public.zoho_entity_mappings to authenticated;
grant select, insert, update, delete on public.zoho_tokens, public.zoho_sync_logs, public.zoho_entity_mappings
  to service_role;

create policy "active admins read tokens" on public.zoho_tokens
  for select to authenticated using ((select zoho_sync.is_active_admin()));
create policy "active admins add tokens" on public.zoho_tokens
  for insert to authenticated with check ((select zoho_sync.is_active_admin()));
create policy "active admins replace tokens" on public.zoho_tokens
  for update to authenticated
  using ((select zoho_sync.is_active_admin())) with check ((select zoho_sync.is_active_admin()));
create policy "active admins read sync logs" on public.zoho_sync_logs
  for select to authenticated using ((select zoho_sync.is_active_admin()));
create policy "active admins read mappings" on public.zoho_entity_mappings
  for select to authenticated using ((select zoho_sync.is_active_admin()));
create policy "active admins unlink mappings" on public.zoho_entity_mappings
  for delete to authenticated using ((select zoho_sync.is_active_admin()));

create policy "the sync keeps tokens" on public.zoho_tokens
  for all to service_role using (true) with check (true);
create policy "the sync writes logs" on public.zoho_sync_logs
  for all to service_role using (true) with check (true);
create policy "the sync keeps mappings" on public.zoho_entity_mappings
  for all to service_role using (true) with check (true);

-- Production's copies of the helpers were executable by everybody. A function of the same name with other
-- parameters is not ours and stays.
do $$
declare
  f regprocedure;
begin
  for f in
    select p.oid from pg_catalog.pg_proc p
    where p.pronamespace = 'public'::regnamespace
      and p.proname in ('get_zoho_id', 'get_circletel_id', 'is_entity_synced')
  loop
    execute format('alter function %s set search_path = ''''', f);
    execute format('revoke all on function %s from public, anon, authenticated', f);
    execute format('grant execute on function %s to service_role', f);
  end loop;
end $$;
