-- A pause begins, is taken over by a person, or ends. Several pauses of faults in a row are one incident: between them nothing
-- went well.
create or replace function zoho_sync.note_pause() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_is_taken_over constant boolean := new.pause_code is distinct from old.pause_code
    and 'PAUSED_BY_HAND' in (new.pause_code, old.pause_code);
begin
  if new.pause_code is null or v_is_taken_over then
    update zoho_sync.incidents i set
      ended_at = least(clock_timestamp(), case when i.code = 'PAUSED_BY_HAND' then old.paused_until end),
      waited = greatest(i.waited, zoho_sync.waiting_changes())
    where i.ended_at is null;
  end if;
  if new.pause_code is not null and not exists (select from zoho_sync.incidents i where i.ended_at is null) then
    insert into zoho_sync.incidents (code, message, paused_by, waited)
    values (new.pause_code, new.pause_message, new.paused_by, zoho_sync.waiting_changes());
  end if;
  return null;
end $$;

create or replace function zoho_sync.waiting_changes() returns integer
language sql stable set search_path = '' as $$
  select count(*)::integer from public.zoho_sync_queue q where q.status <> 'dead' and q.lane < 2;
$$;

-- How many wait while it lasts, and whether all of them arrived since. Last in the sweep: a session that pauses locks the state row
-- and waits for these rows.
create or replace function zoho_sync.follow_incidents() returns void
language plpgsql set search_path = '' as $$
begin
  if not exists (select from zoho_sync.incidents i where i.ended_at is null or i.arrived_at is null) then return; end if;
  update zoho_sync.incidents i set
    waited = greatest(i.waited, zoho_sync.waiting_changes()),
    -- A pause with an end ends by itself where nothing is left to be sent.
    ended_at = case when s.paused_until <= clock_timestamp()
      and (i.code = 'PAUSED_BY_HAND' or zoho_sync.waiting_changes() = 0) then s.paused_until end
  from public.zoho_sync_state s where i.ended_at is null;
  update zoho_sync.incidents i set arrived_at = coalesce(
    (select max(w.at) from zoho_sync.settled_waits w where w.at >= i.ended_at), clock_timestamp())
  where i.ended_at is not null and i.arrived_at is null and not exists (
    select from public.zoho_sync_queue q where q.enqueued_at <= i.ended_at and q.status <> 'dead' and q.lane < 2);
end $$;

-- Newest first.
create or replace function public.zoho_admin_incidents(p_after bigint default null, p_limit integer default 50) returns jsonb
language sql stable set search_path = '' as $$
  select zoho_sync.page(coalesce(jsonb_agg(jsonb_build_object('id', i.id::text, 'code', i.code, 'message', i.message,
    'byHand', i.code = 'PAUSED_BY_HAND', 'by', i.paused_by, 'byName', zoho_sync.name_of_actor(i.paused_by),
    'beganAt', i.began_at, 'endedAt', i.ended_at, 'waited', i.waited, 'arrivedAt', i.arrived_at,
    'cursor', i.id::text) order by i.id desc), '[]'), p_limit)
  from (
    select * from zoho_sync.incidents o where p_after is null or o.id < p_after order by o.id desc limit p_limit + 1) i;
$$;
