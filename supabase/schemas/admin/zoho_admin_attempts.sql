-- Attempts at records, newest first; what a look came to is in the log, too, and is none. p_status 'unsuccessful': those that
-- status_day counts as failed, tried again or not. p_text: the code of the fault, or what a search finds an entity by.
create or replace function public.zoho_admin_attempts(
  p_status text default null, p_from timestamptz default null, p_to timestamptz default null,
  p_text text default null, p_after text default null, p_limit integer default 50) returns jsonb
language plpgsql volatile set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_at timestamptz := least(
    coalesce(zoho_sync.from_micros(split_part(p_after, '.', 1)::bigint), 'infinity'), coalesce(p_to, 'infinity'));
  v_id uuid := case when p_after is not null then split_part(p_after, '.', 2)::uuid end;
  v_entities jsonb := case when p_text is not null then zoho_sync.entities_called(p_text) end;
  v_ids uuid[];
  v_rows public.zoho_sync_logs[];
begin
  if p_text is null then
    v_rows := array(
      select l from public.zoho_sync_logs l
      where l.created_at <= v_at and (p_from is null or l.created_at >= p_from) and (p_to is null or l.created_at < p_to)
        and (v_id is null or l.created_at < v_at or l.id < v_id)
        and (p_status is null or l.status = p_status or p_status = 'unsuccessful' and l.status in ('failed', 'retrying'))
        and l.drain_id is not null
      order by l.created_at desc, l.id desc limit p_limit + 1);
  else
    -- Ids first: a row is as wide as what it sent.
    v_ids := array(
      select f.id from (
        (select l.created_at, l.id from public.zoho_sync_logs l
        where substring(l.error_message, '^[A-Z][A-Z0-9_]+') = upper(p_text)
          and l.created_at <= v_at and (p_from is null or l.created_at >= p_from) and (p_to is null or l.created_at < p_to)
          and (v_id is null or l.created_at < v_at or l.id < v_id)
          and (p_status is null or l.status = p_status or p_status = 'unsuccessful' and l.status in ('failed', 'retrying'))
          and l.drain_id is not null
        order by l.created_at desc, l.id desc limit p_limit + 1)
        union
        select o.created_at, o.id
        from jsonb_to_recordset(v_entities) e (type text, id uuid)
        cross join lateral (
          select l.created_at, l.id from public.zoho_sync_logs l
          where l.entity_type = e.type and l.entity_id = e.id
            and l.created_at <= v_at and (p_from is null or l.created_at >= p_from) and (p_to is null or l.created_at < p_to)
            and (v_id is null or l.created_at < v_at or l.id < v_id)
            and (p_status is null or l.status = p_status or p_status = 'unsuccessful' and l.status in ('failed', 'retrying')) and l.drain_id is not null
          order by l.created_at desc, l.id desc limit p_limit + 1) o) f
      order by f.created_at desc, f.id desc limit p_limit + 1);
    v_rows := array(
      select l from public.zoho_sync_logs l where l.id = any (v_ids) order by l.created_at desc, l.id desc);
  end if;
  return zoho_sync.page(zoho_sync.attempt_items(v_rows), p_limit);
end $$;

-- Attempts as they are answered, in the order given, each with its cursor.
create or replace function zoho_sync.attempt_items(p_rows public.zoho_sync_logs[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', l.id, 'at', l.created_at, 'entityType', l.entity_type, 'entityId', l.entity_id,
    'number', zoho_sync.entity_number(l.entity_type, l.entity_id),
    'zohoType', l.zoho_entity_type, 'zohoId', l.zoho_entity_id, 'status', l.status, 'tryNumber', l.attempt_number,
    'code', substring(l.error_message, '^[A-Z][A-Z0-9_]+'), 'message', l.error_message, 'cause', l.cause,
    'durationMs', l.duration_ms,
    'cursor', zoho_sync.to_micros(l.created_at) || '.' || l.id) order by l.ordinality), '[]')
  from unnest(p_rows) with ordinality l;
$$;

-- The entities that an operator means by a text: the one whose whole number it is, else those that a search finds by it, 100
-- at most.
create or replace function zoho_sync.entities_called(p_text text) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  v_phrase constant text := lower(btrim(p_text));
  -- Without the signs that LIKE knows.
  v_words constant text[] := regexp_split_to_array(btrim(translate(v_phrase, '%_\', '   ')), '\s+');
  v_exact jsonb;
begin
  select jsonb_agg(jsonb_build_object('type', e.entity_type, 'id', e.entity_id)) into v_exact
  from zoho_sync.search_entries e where lower(e.number) = v_phrase;
  if v_exact is not null then return v_exact; end if;
  perform zoho_sync.refresh_search();
  return (
    select coalesce(jsonb_agg(jsonb_build_object('type', f.entity_type, 'id', f.entity_id)), '[]')
    from (
      select e.* from unnest(zoho_sync.found_by_words(v_words, v_phrase)) e
      order by lower(e.number) = v_phrase desc nulls last, e.number desc nulls last limit 100) f);
end $$;

do $$
begin
  -- Attempts of one fault: "INVALID_DATA" of "INVALID_DATA (Amount): Zoho refused the value of this field."
  perform zoho_sync.ensure_index('zoho_sync_logs_code_idx', 'zoho_sync_logs',
    'substring(error_message, ''^[A-Z][A-Z0-9_]+''), created_at desc', 'error_message is not null');
  -- Attempts that are retrying or open: few among many.
  perform zoho_sync.ensure_index('zoho_sync_logs_open_idx', 'zoho_sync_logs', 'status, created_at desc',
    'status in (''retrying'', ''pending'')');
end $$;
