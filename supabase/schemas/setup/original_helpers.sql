-- The original service's three helpers. Production's copies were executable by every role and name their tables without a
-- schema, so that an empty search_path alone would break them. Same parameters under the same names (Postgres does not
-- rename them), our body. A function of the same name with other parameters is not ours and stays.
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
  end loop;
end $$;
