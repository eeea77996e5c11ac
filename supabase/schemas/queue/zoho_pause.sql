-- Pauses the sync. A fault must neither end nor limit a pause by a person that still lasts, nor one that only a person ends.
-- p_by is that person; null is the sync itself.
create or replace function public.zoho_pause(
  p_code text, p_message text, p_seconds integer default null, p_until_resumed boolean default false, p_by text default null)
returns timestamptz
language plpgsql set search_path = '' as $$
begin
  update public.zoho_sync_state s set
    pause_code = p_code, pause_message = p_message, pause_count = s.pause_count + 1,
    paused_by = p_by, paused_at = case when s.paused_until > now() and s.paused_by is not distinct from p_by
      then s.paused_at else clock_timestamp() end,
    concurrency = case when p_code in ('TOO_MANY_REQUESTS', 'RATE_LIMIT_EXCEEDED', 'HTTP_429')
      then greatest(1, s.concurrency / 2) else s.concurrency end,
    paused_until = case
      when p_until_resumed then 'infinity'
      else now() + coalesce(make_interval(secs => p_seconds), zoho_sync.rest_of(s.pause_count)) end
  where s.id and (p_code = 'PAUSED_BY_HAND' or s.paused_until is null or s.paused_until <= now()
    or s.pause_code is distinct from 'PAUSED_BY_HAND' and (s.paused_until < 'infinity' or p_until_resumed));
  return (select s.paused_until from public.zoho_sync_state s);
end $$;

-- Forgets a pause; the next one starts small.
create or replace function zoho_sync.end_pause() returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_sync_state s
  set paused_until = null, pause_code = null, pause_message = null, pause_count = 0, paused_by = null, paused_at = null
  where s.id and (s.paused_until is not null or s.pause_count > 0);
end $$;

-- Ends a pause and all holds of modules, since the person who resumes has corrected the cause.
create or replace function public.zoho_resume() returns void
language sql set search_path = '' as $$
  select zoho_sync.end_pause();
  -- What waited for a module waits in the queue, by the hold's code.
  with ended as (delete from zoho_sync.module_holds h where h.count > 0 returning h.code)
  update public.zoho_sync_queue q set next_attempt_at = now()
  where q.status = 'pending' and q.next_attempt_at > now() and q.error_code in (select e.code from ended e);
  -- What waited need not wait for the sweep as well.
  select zoho_sync.call_function('zoho-sync', '{"reason":"resumed"}'::jsonb);
$$;

-- The present pause, with the person who set it; null when nothing is paused.
create or replace function public.zoho_pause_state() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('code', s.pause_code, 'message', s.pause_message, 'until', nullif(s.paused_until, 'infinity'),
    'byHand', coalesce(s.pause_code = 'PAUSED_BY_HAND', false), 'by', s.paused_by,
    'byName', zoho_sync.name_of_actor(s.paused_by), 'since', s.paused_at)
  from public.zoho_sync_state s where s.paused_until > now();
$$;
