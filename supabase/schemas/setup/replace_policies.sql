-- The three original tables are CircleTel's in production. Their policies are replaced whole: three of them were always
-- true for every role, and those for admins may rest on a helper that raises (see zoho_sync.is_active_admin). Their names
-- differ between installations, so they are found by table.
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

-- Triggers that do what production's own do: in production ours came beside a squashed history. Of two before-update triggers on one of the tables, ours goes.
do $$
declare
  t record;
begin
  for t in
    select g.tgrelid::regclass as on_table, g.tgname as name from pg_catalog.pg_trigger g
    where g.tgname in ('zoho_tokens_touch', 'zoho_entity_mappings_touch') and not g.tgisinternal
      and g.tgrelid in ('public.zoho_tokens'::regclass, 'public.zoho_entity_mappings'::regclass)
      and exists (
        select from pg_catalog.pg_trigger o
        where o.tgrelid = g.tgrelid and o.oid <> g.oid and not o.tgisinternal and o.tgtype = g.tgtype)
  loop
    execute format('drop trigger %I on %s', t.name, t.on_table);
  end loop;
  if not exists (select from pg_catalog.pg_trigger g where g.tgname = 'zoho_tokens_touch') then
    drop function if exists public.zoho_tokens_touch();
  end if;
  if not exists (select from pg_catalog.pg_trigger g where g.tgname = 'zoho_entity_mappings_touch') then
    drop function if exists public.zoho_entity_mappings_touch();
  end if;
end $$;

-- The same for the index that holds zoho_tokens to one row.
do $$
begin
  if to_regclass('public.zoho_tokens_single_row') is not null and exists (
    select from pg_catalog.pg_index o join pg_catalog.pg_index i on o.indrelid = i.indrelid and o.indexrelid <> i.indexrelid
    where i.indexrelid = to_regclass('public.zoho_tokens_single_row') and o.indisunique and o.indkey = i.indkey
      and pg_get_expr(o.indexprs, o.indrelid) = pg_get_expr(i.indexprs, i.indrelid)
      and pg_get_expr(o.indpred, o.indrelid) is null)
  then
    drop index public.zoho_tokens_single_row;
  end if;
end $$;
