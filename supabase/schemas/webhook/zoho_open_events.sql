-- Handed out for a minute: a sweep that takes longer than the time to the next one does not share its events with it.
create or replace function public.zoho_open_events(p_limit integer default 100, p_most_attempts integer default 8)
returns setof public.zoho_webhook_events
language sql volatile set search_path = '' as $$
  with due as (
    select e.id from public.zoho_webhook_events e
    where e.id in (select d.id from zoho_sync.due_events d where d.attempts < p_most_attempts order by d.seq limit p_limit)
    for update skip locked),
  taken as (
    update public.zoho_webhook_events e set next_attempt_at = now() + interval '1 minute'
    from due where e.id = due.id
    returning e.*)
  select * from taken t order by t.seq;
$$;

-- Rings for the events that were left open.
create or replace function zoho_sync.sweep_events() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from zoho_sync.due_events d where d.attempts < 8) then
    perform zoho_sync.call_function('zoho-admin/sweep', '{"reason":"schedule"}'::jsonb);
  end if;
end $$;
