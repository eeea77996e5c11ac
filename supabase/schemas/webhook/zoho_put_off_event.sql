-- A fault of the whole call (Zoho is away, no token) says nothing of the event and burns no attempt; any other does,
-- and the eighth makes it a failed event that a person may replay.
create or replace function public.zoho_put_off_event(p_event_id uuid, p_code text, p_burns boolean) returns void
language sql set search_path = '' as $$
  update public.zoho_webhook_events e set
    attempts = e.attempts + p_burns::integer,
    status = case when p_burns and e.attempts + 1 >= 8 then 'failed' else e.status end,
    reason = 'Zoho could not be asked: ' || p_code,
    next_attempt_at = now() + case when p_burns then interval '1 minute' * 2 ^ least(e.attempts, 6) else interval '5 minutes' end
  where e.id = p_event_id and e.status in ('received', 'failed');
$$;
