-- What matches all words, the best first. p_words are lower case and hold no sign that LIKE knows; p_zoho_id is the id of a
-- pasted link or a whole id, and may be an Account's. Answers { items, more }.
create or replace function public.zoho_admin_search(p_words text[], p_zoho_id text default null, p_limit integer default 20)
returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_phrase text := array_to_string(p_words, ' ');
  v_found zoho_sync.search_entries[];
begin
  perform zoho_sync.refresh_search();
  if p_zoho_id is not null then
    v_found := zoho_sync.found_by_zoho_id(p_zoho_id, p_limit + 1);
  end if;
  if coalesce(cardinality(v_found), 0) = 0 and cardinality(p_words) > 0 then
    v_found := zoho_sync.found_by_words(p_words, v_phrase);
  end if;
  return (
    select jsonb_build_object(
      'items', coalesce(jsonb_agg(jsonb_build_object('entityType', f.entity_type, 'entityId', f.entity_id,
        'number', f.number, 'name', coalesce(f.company, f.person), 'zohoId', f.zoho_id, 'matched', f.matched)
        order by f.place) filter (where f.place <= p_limit), '[]'),
      'more', coalesce(max(f.place) > p_limit, false))
    from (
      select e.*, r.matched, row_number() over (order by r.rank, array_position(array['contract', 'quote', 'invoice', 'customer'],
        e.entity_type), length(e.number) desc, e.number desc, e.entity_id) as place
      from unnest(v_found) e cross join lateral zoho_sync.search_rank(e, p_words, v_phrase, p_zoho_id) r) f);
end $$;

-- The entity that owns a record, or those of the company that owns an Account.
create or replace function zoho_sync.found_by_zoho_id(p_zoho_id text, p_most integer) returns zoho_sync.search_entries[]
language sql stable set search_path = '' as $$
  select array(
    (select e from zoho_sync.search_entries e where e.zoho_id = p_zoho_id limit p_most)
    union all
    (select e from public.zoho_accounts a join zoho_sync.search_entries e on e.account_key = a.account_key
    where a.zoho_id = p_zoho_id limit p_most));
$$;

-- What is called exactly so comes from indexes of its own; of what holds the words somewhere, 300 are enough to choose from.
-- A condition for each word, written out: the trigrams of `like all (array)` are not looked up.
create or replace function zoho_sync.found_by_words(p_words text[], p_phrase text) returns zoho_sync.search_entries[]
language plpgsql stable set search_path = '' as $$
declare
  v_found zoho_sync.search_entries[];
begin
  execute format($sql$
    select array(
      select f.e from (
        (select e, e.entity_type, e.entity_id from zoho_sync.search_entries e where lower(e.number) = $1 limit 50)
        union
        (select e, e.entity_type, e.entity_id from zoho_sync.search_entries e where e.tail = ltrim($1, '0') limit 50)
        union
        (select e, e.entity_type, e.entity_id from zoho_sync.search_entries e where %s limit 300)) f)$sql$,
    (select string_agg(format('e.haystack like %L', '%' || w || '%'), ' and ') from unnest(p_words) w))
  into v_found using p_phrase;
  return v_found;
end $$;

-- How good a match is, the lowest best, and what of the entity matched.
create or replace function zoho_sync.search_rank(
  p_entry zoho_sync.search_entries, p_words text[], p_phrase text, p_zoho_id text, out rank integer, out matched text)
language sql immutable set search_path = '' as $$
  select r.rank, r.matched from (values
    (0, 'number', lower(p_entry.number) = p_phrase),
    (1, 'zoho_id', p_entry.zoho_id = coalesce(p_zoho_id, p_phrase)),
    (2, 'number', p_entry.tail = ltrim(p_phrase, '0')),
    (3, 'number', strpos(lower(p_entry.number), p_phrase) > 0),
    (4, 'company', starts_with(lower(p_entry.company), p_phrase)),
    (5, 'person', starts_with(lower(p_entry.person), p_phrase)),
    (6, 'company', strpos(lower(p_entry.company), p_words[1]) > 0),
    (7, 'person', strpos(lower(p_entry.person), p_words[1]) > 0),
    (8, 'account', p_zoho_id is not null and p_entry.zoho_id is distinct from p_zoho_id),
    (9, 'zoho_id', true)) r (rank, matched, holds)
  where r.holds order by r.rank limit 1;
$$;
