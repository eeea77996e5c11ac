-- Everything that happened to one entity, newest first: attempts, what looks came to, events, notices, acts of operators.
create or replace function public.zoho_admin_history(
  p_entity_type text, p_entity_id uuid, p_after text default null, p_limit integer default 50) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_at timestamptz := coalesce(zoho_sync.from_micros(split_part(p_after, '.', 1)::bigint), 'infinity');
  v_key text := coalesce(split_part(p_after, '.', 2), '');
  v_zoho_id text := (select m.zoho_id from public.zoho_entity_mappings m
    where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id);
  v_rows jsonb;
begin
  select jsonb_agg(jsonb_build_object('at', h.at, 'kind', h.kind, 'id', h.id, 'status', h.status,
      'summary', h.summary, 'actor', h.actor, 'details', jsonb_strip_nulls(h.details),
      'cursor', zoho_sync.to_micros(h.at) || '.' || h.key) order by h.at desc, h.key desc)
  into v_rows
  from (
    select * from (
      -- A row that no drain opened is none of our writes: it says what a look at Zoho's record came to.
      (select l.created_at as at, case when l.drain_id is null then 'look' else 'attempt' end as kind,
        l.id::text as id, 'l' || l.id as key,
        case when l.drain_id is null then coalesce(l.response_payload ->> 'outcome', l.status) else l.status end as status,
        coalesce(l.error_message, case l.status when 'success' then 'Zoho confirmed' else l.status end
          || ' (' || coalesce(l.cause, 'no cause') || ')') as summary,
        null as actor,
        jsonb_build_object('zohoType', l.zoho_entity_type, 'zohoId', l.zoho_entity_id, 'attempt', l.attempt_number,
          'durationMs', l.duration_ms, 'finishedAt', l.finished_at, 'cause', l.cause, 'drainId', l.drain_id,
          'sent', case when l.drain_id is not null then l.request_payload end, 'answered', l.response_payload) as details
      from public.zoho_sync_logs l
      where l.entity_type = p_entity_type and l.entity_id = p_entity_id
        and l.created_at <= v_at and (l.created_at < v_at or 'l' || l.id < v_key)
      order by l.created_at desc, l.id desc limit p_limit + 1)
      union all
      (select e.received_at, 'event', e.id::text, 'e' || e.id, e.status,
        e.module || ' ' || e.operation || coalesce(': ' || e.reason, ''), null,
        jsonb_build_object('seq', e.seq, 'source', e.source, 'module', e.module, 'operation', e.operation,
          'reason', e.reason, 'appliedAt', e.applied_at, 'modifiedAt', e.modified_at, 'modifiedBy', e.modified_by,
          'told', e.told)
      from public.zoho_webhook_events e
      where e.seq in (
          select c.seq from public.zoho_webhook_events c where c.entity_id = p_entity_id
          union select r.seq from public.zoho_webhook_events r where r.record_id = v_zoho_id)
        and e.received_at <= v_at and (e.received_at < v_at or 'e' || e.id < v_key)
      order by e.received_at desc, e.id desc limit p_limit + 1)
      union all
      (select n.created_at, 'notice', n.id::text, 'n' || n.id,
        case when n.acknowledged_at is null then 'open' else 'acknowledged' end, n.message, null,
        jsonb_build_object('kind', n.kind, 'zohoType', n.zoho_type, 'zohoId', n.zoho_id,
          'acknowledgedAt', n.acknowledged_at)
      from public.zoho_notices n
      where n.entity_id = p_entity_id
        and n.created_at <= v_at and (n.created_at < v_at or 'n' || n.id < v_key)
      order by n.created_at desc, n.id desc limit p_limit + 1)
      union all
      (select a.at, 'action', a.id::text, 'a' || a.id, 'done', a.action, zoho_sync.actor_name(a.actor), a.details
      from public.zoho_admin_actions a
      where (a.details @> jsonb_build_object('id', p_entity_id)
          or a.details @> jsonb_build_object('entities', jsonb_build_array(jsonb_build_object('id', p_entity_id))))
        and a.at <= v_at and (a.at < v_at or 'a' || a.id < v_key)
      order by a.at desc, a.id desc limit p_limit + 1)) all_of_them
    order by at desc, key desc limit p_limit + 1) h;
  return zoho_sync.page(coalesce(v_rows, '[]'), p_limit);
end $$;
