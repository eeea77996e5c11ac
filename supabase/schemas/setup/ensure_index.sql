-- Creates an index on a table that may have it already under another name, as CircleTel's tables and the three original
-- ones may, or one that begins with the same columns. What would be built is compared as Postgres prints it, with an index
-- on an empty copy of the table.
create or replace function zoho_sync.ensure_index(p_name name, p_table name, p_columns text, p_where text default null)
returns void
language plpgsql set search_path = '' as $$
declare
  v_text constant text := '(' || p_columns || ')' || coalesce(' where ' || p_where, '');
  v_wanted text;
begin
  if to_regclass(format('public.%I', p_name)) is not null then return; end if;
  execute format('create temporary table zoho_index_probe (like public.%I) on commit drop', p_table);
  execute 'create index zoho_index_probe_idx on pg_temp.zoho_index_probe ' || v_text;
  select substring(pg_get_indexdef(i.indexrelid) from 'USING .*') into v_wanted
  from pg_catalog.pg_index i where i.indexrelid = 'pg_temp.zoho_index_probe_idx'::regclass;
  drop table pg_temp.zoho_index_probe;
  if exists (
    select from pg_catalog.pg_index i
    cross join lateral (select substring(pg_get_indexdef(i.indexrelid) from 'USING .*') as text) d
    where i.indrelid = format('public.%I', p_table)::regclass and i.indisvalid
      and (d.text = v_wanted
        or (p_where is null and i.indpred is null and starts_with(d.text, rtrim(v_wanted, ')') || ',')))) then
    return;
  end if;
  execute format('create index %I on public.%I %s', p_name, p_table, v_text);
end $$;
