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

drop policy if exists "active admins read tokens" on public.zoho_tokens;
create policy "active admins read tokens" on public.zoho_tokens
  for select to authenticated using ((select zoho_sync.is_active_admin()));
drop policy if exists "active admins add tokens" on public.zoho_tokens;
create policy "active admins add tokens" on public.zoho_tokens
  for insert to authenticated with check ((select zoho_sync.is_active_admin()));
drop policy if exists "active admins replace tokens" on public.zoho_tokens;
create policy "active admins replace tokens" on public.zoho_tokens
  for update to authenticated
  using ((select zoho_sync.is_active_admin())) with check ((select zoho_sync.is_active_admin()));
drop policy if exists "active admins read sync logs" on public.zoho_sync_logs;
create policy "active admins read sync logs" on public.zoho_sync_logs
  for select to authenticated using ((select zoho_sync.is_active_admin()));
drop policy if exists "active admins read mappings" on public.zoho_entity_mappings;
create policy "active admins read mappings" on public.zoho_entity_mappings
  for select to authenticated using ((select zoho_sync.is_active_admin()));
drop policy if exists "active admins unlink mappings" on public.zoho_entity_mappings;
create policy "active admins unlink mappings" on public.zoho_entity_mappings
  for delete to authenticated using ((select zoho_sync.is_active_admin()));

drop policy if exists "the sync keeps tokens" on public.zoho_tokens;
create policy "the sync keeps tokens" on public.zoho_tokens
  for all to service_role using (true) with check (true);
drop policy if exists "the sync writes logs" on public.zoho_sync_logs;
create policy "the sync writes logs" on public.zoho_sync_logs
  for all to service_role using (true) with check (true);
drop policy if exists "the sync keeps mappings" on public.zoho_entity_mappings;
create policy "the sync keeps mappings" on public.zoho_entity_mappings
  for all to service_role using (true) with check (true);

-- Production's copies of the helpers were executable by everybody and name their tables without a schema, so that
-- an empty search_path alone would break them. Same parameters under the same names (Postgres does not rename
-- them), our body. A function of the same name with other parameters is not ours and stays.
do $$
declare
  f record;
begin
  for f in
    select h.name, p.oid::regprocedure as signature, h.returns, h.body,
      pg_catalog.pg_get_function_arguments(p.oid) as arguments
    from (values
      ('get_zoho_id', '(text, uuid)', 'text', 'select m.zoho_id from public.zoho_entity_mappings m
        where m.circletel_type = $1 and m.circletel_id = $2'),
      ('get_circletel_id', '(text, text)', 'uuid', 'select m.circletel_id from public.zoho_entity_mappings m
        where m.zoho_type = $1 and m.zoho_id = $2'),
      ('is_entity_synced', '(text, uuid)', 'boolean', 'select exists (select from public.zoho_entity_mappings m
        where m.circletel_type = $1 and m.circletel_id = $2)')
    ) h (name, types, returns, body)
    join pg_catalog.pg_proc p on p.oid = to_regprocedure('public.' || h.name || h.types)
  loop
    execute format('create or replace function public.%I(%s) returns %s language sql stable set search_path = '''' as %L',
      f.name, f.arguments, f.returns, f.body);
    execute format('revoke all on function %s from public, anon, authenticated', f.signature);
    execute format('grant execute on function %s to service_role', f.signature);
  end loop;
end $$;
