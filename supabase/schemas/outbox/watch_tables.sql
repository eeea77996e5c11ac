-- Puts the triggers on the watched tables; may be run again at any time.
create or replace function zoho_sync.watch_tables() returns void
language plpgsql set search_path = '' as $$
declare
  w record;
  e record;
begin
  for w in select * from zoho_sync.watched_tables() loop
    for e in select * from (values
      ('insert', 'referencing new table as new_rows'),
      ('update', 'referencing old table as old_rows new table as new_rows'),
      ('delete', 'referencing old table as old_rows'),
      ('truncate', '')) v (event, transition)
    loop
      execute format('create or replace trigger %I after %s on public.%I %s for each statement execute function zoho_sync.note_change(%s)',
        'zoho_sync_' || e.event, e.event, w.source_table, e.transition,
        coalesce((select string_agg(quote_literal(q.query), ', ' order by q.place)
          from unnest(zoho_sync.change_queries(e.event, w.owners, w.compared)) with ordinality q (query, place)), ''));
    end loop;
  end loop;
end $$;

-- The queries by which zoho_sync.note_change reads a statement's rows, from the most exact to the one that needs nothing
-- but an id: where a column was renamed, retyped or dropped, the next one serves. Each answers (ids, owners, changed).
create or replace function zoho_sync.change_queries(p_event text, p_owners text[], p_compared text[]) returns text[]
language sql immutable set search_path = '' as $$
  with columns as (
    select
      (select string_agg(format('n.%I', c), ', ') from unnest(p_compared) c) as new_ones,
      (select string_agg(format('o.%I', c), ', ') from unnest(p_compared) c) as old_ones,
      (select string_agg(format('case when bool_or(n.%1$I is distinct from o.%1$I) then %1$L end', c), ', ')
        from unnest('id'::text || p_compared) c) as changed,
      coalesce((select string_agg(format('array_agg(n.%1$I) filter (where n.%1$I is not null)', c), ' || ')
        from unnest(p_owners) c), 'null::uuid[]') as new_owners,
      coalesce((select string_agg(format('array_agg(o.%1$I) filter (where o.%1$I is not null)', c), ' || ')
        from unnest(p_owners) c), 'null::uuid[]') as old_owners,
      coalesce((select string_agg(format('array_agg(n.%1$I) filter (where n.%1$I is not null)'
          ' || array_agg(o.%1$I) filter (where o.%1$I is distinct from n.%1$I and o.%1$I is not null)', c), ' || ')
        from unnest(p_owners) c), 'null::uuid[]') as both_owners)
  select case p_event
    when 'insert' then array[
      format('select array_agg(n.id), %s, null::text[] from new_rows n', new_owners),
      'select array_agg(n.id), null::uuid[], null::text[] from new_rows n']
    when 'delete' then array[
      format('select array_agg(o.id), %s, null::text[] from old_rows o', old_owners),
      'select array_agg(o.id), null::uuid[], null::text[] from old_rows o']
    when 'update' then array[
      -- A row whose id changed has no partner on the other side, and is there twice: under the old id and the new one.
      format('select array_agg(coalesce(n.id, o.id)), %s, array_remove(array[%s], null) '
        'from new_rows n full join old_rows o on o.id = n.id where (%s) is distinct from (%s)',
        both_owners, changed, new_ones, old_ones),
      format('select array_agg(coalesce(n.id, o.id)), %s, null::text[] from new_rows n full join old_rows o on o.id = n.id',
        both_owners),
      'select array_agg(n.id), null::uuid[], null::text[] from new_rows n']
    else '{}' end
  from columns;
$$;
