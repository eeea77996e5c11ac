-- What a drain has to know: { due, fields: [{module, field, api_name, problem, missing_options}] }, only the fields that
-- are not simply there under our own name, and { picklists: [{module, field, options, displayed}] } of those whose values are
-- shown to people under other names; and the { optional: [{module, field}] } that the org has.
create or replace function public.zoho_field_rules() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'due', coalesce((select s.fields_due_at <= now() from public.zoho_sync_state s), false),
    'fields', coalesce((
      select jsonb_agg(jsonb_build_object('module', f.module, 'field', f.field, 'api_name', f.api_name,
        'problem', f.problem, 'missing_options', f.missing_options) order by f.module, f.field)
      from public.zoho_fields f where f.problem is not null or f.api_name <> f.field), '[]'),
    'picklists', coalesce((
      select jsonb_agg(jsonb_build_object('module', f.module, 'field', f.field, 'options', to_jsonb(f.options),
        'displayed', to_jsonb(f.displayed)) order by f.module, f.field)
      from public.zoho_fields f where f.displayed <> f.options and cardinality(f.displayed) = cardinality(f.options)), '[]'),
    'optional', coalesce((
      select jsonb_agg(jsonb_build_object('module', f.module, 'field', f.field) order by f.module, f.field)
      from public.zoho_fields f where f.is_optional and f.data_type is not null), '[]'));
$$;
