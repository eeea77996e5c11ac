-- { items, next } of rows that were read with one more than the page takes; each row carries its `cursor`.
create or replace function zoho_sync.page(p_rows jsonb, p_limit integer) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'items', coalesce((
      select jsonb_agg(r.value - 'cursor' order by r.place)
      from jsonb_array_elements(p_rows) with ordinality r (value, place) where r.place <= p_limit), '[]'),
    'next', case when jsonb_array_length(p_rows) > p_limit then p_rows -> (p_limit - 1) ->> 'cursor' end);
$$;
