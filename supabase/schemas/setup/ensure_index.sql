-- Creates an index on a table that may have it already under another name, as CircleTel's tables and the three original
-- ones may, or one that begins with the same columns. What would be built is compared as Postgres prints it, with an index
-- on an empty copy of the table. A hash index takes values of any length, where a tree refuses those over 2.7 kB and with
-- them CircleTel's own write; a tree that is there already does its work too.
create or replace function zoho_sync.ensure_index(
  p_name name, p_table name, p_columns text, p_where text default null, p_method text default 'btree')
returns void
language plpgsql set search_path = '' as $$
declare
  v_text constant text := format('using %s (%s)%s', p_method, p_columns, ' where ' || p_where);
  v_wanted text;
  v_tree text;
begin
  if to_regclass(format('public.%I', p_name)) is not null then return; end if;
  execute format('create temporary table zoho_index_probe (like public.%I) on commit drop', p_table);
  execute 'create index zoho_index_probe_idx on pg_temp.zoho_index_probe ' || v_text;
  select substring(pg_get_indexdef(i.indexrelid) from 'USING .*') into v_wanted
  from pg_catalog.pg_index i where i.indexrelid = 'pg_temp.zoho_index_probe_idx'::regclass;
  drop table pg_temp.zoho_index_probe;
  v_tree := replace(v_wanted, 'USING hash', 'USING btree');
  if exists (
    select from pg_catalog.pg_index i
    cross join lateral (select substring(pg_get_indexdef(i.indexrelid) from 'USING .*') as text) d
    where i.indrelid = format('public.%I', p_table)::regclass and i.indisvalid
      and (d.text in (v_wanted, v_tree)
        or (p_where is null and i.indpred is null and starts_with(d.text, rtrim(v_tree, ')') || ',')))) then
    return;
  end if;
  execute format('create index %I on public.%I %s', p_name, p_table, v_text);
end $$;
