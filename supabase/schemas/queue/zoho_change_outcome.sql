-- How a change ended, for a by-hand call that waits: its queue row (null when settled), mapping and newest attempt
-- (what a look came to is in the log, too, and is none).
create or replace function public.zoho_change_outcome(p_entity_type text, p_entity_id uuid) returns jsonb
language sql volatile set search_path = '' as $$
  select jsonb_build_object(
    'queued', (
      select jsonb_build_object('status', q.status, 'failed_rounds', q.failed_rounds, 'due', q.next_attempt_at <= clock_timestamp(),
        'next_attempt_at', q.next_attempt_at, 'error_code', q.error_code, 'error_field', q.error_field,
        'error_message', q.error_message)
      from public.zoho_sync_queue q where q.entity_type = p_entity_type and q.entity_id = p_entity_id),
    'held', zoho_sync.hold_of(p_entity_type, p_entity_id),
    'mapping', (
      select jsonb_build_object('zoho_type', m.zoho_type, 'zoho_id', m.zoho_id)
      from public.zoho_entity_mappings m
      where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id),
    'question', (
      select jsonb_build_object('kind', a.kind, 'field', nullif(a.field, ''))
      from public.zoho_questions a
      where a.entity_type = p_entity_type and a.entity_id = p_entity_id and a.closed_at is null and a.kind <> 'conflict'
      order by a.asked_at limit 1),
    'log', (
      select jsonb_build_object('id', l.id, 'status', l.status, 'error_message', l.error_message)
      from public.zoho_sync_logs l join zoho_sync.record_types() t on t.entity_type = l.entity_type
      where l.entity_type = p_entity_type and l.entity_id = p_entity_id and l.zoho_entity_type = t.zoho_type
        and l.drain_id is not null
      order by l.created_at desc limit 1),
    'paused', coalesce(
      (select jsonb_build_object('until', nullif(s.paused_until, 'infinity'), 'code', s.pause_code,
        'message', s.pause_message)
      from public.zoho_sync_state s where s.paused_until > now()),
      (select jsonb_build_object('until', h.held_until, 'code', h.code, 'message', h.message)
      from zoho_sync.module_holds h join zoho_sync.record_types() t on t.module = h.module
      where t.entity_type = p_entity_type and h.held_until > clock_timestamp())));
$$;
