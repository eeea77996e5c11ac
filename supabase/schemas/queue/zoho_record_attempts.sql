-- Opens a log row per attempt (ids are the caller's), closes the ones that are being tried again, and renews
-- both leases. A conflict, and a person who was erased meanwhile, are asked about with the opening, since the worker may die in
-- between. Answers the entity ids among
-- the attempts whose lease is no longer ours; they have no row.
create or replace function public.zoho_record_attempts(
  p_worker uuid, p_lease_seconds integer, p_opened jsonb default '[]', p_closed jsonb default '[]')
returns uuid[]
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan'
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
declare
  v_lost uuid[];
begin
  perform zoho_sync.renew_leases(p_worker, p_lease_seconds);
  select coalesce(array_agg(distinct o.lease_id), '{}') into v_lost
  from jsonb_to_recordset(p_opened) o (lease_type text, lease_id uuid)
  where not exists (
    select from public.zoho_sync_queue q
    where q.entity_type = o.lease_type and q.entity_id = o.lease_id
      and q.status = 'in_flight' and q.lease_owner = p_worker);

  insert into public.zoho_sync_logs
    (id, entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number,
     request_payload, drain_id, cause, revision, made_for, outcome)
  select o.id, o.entity_type, o.entity_id, o.zoho_entity_type, o.zoho_entity_id, 'pending', o.attempt_number,
    o.request_payload, p_worker, o.cause, o.revision, o.made_for,
    -- An Account or Product is no entity's own record.
    case when o.zoho_entity_type = zoho_sync.zoho_type_of(o.entity_type) then 'unknown' end
  from jsonb_to_recordset(p_opened) o (
    id uuid, lease_id uuid, entity_type text, entity_id uuid, zoho_entity_type text, zoho_entity_id text,
    attempt_number integer, request_payload jsonb, cause text, revision text, made_for text)
  where o.lease_id <> all (v_lost);
  perform zoho_sync.ask(o.entity_type, o.entity_id, jsonb_build_array(o.conflict))
  from jsonb_to_recordset(p_opened) o (entity_type text, entity_id uuid, lease_id uuid, conflict jsonb)
  where o.conflict is not null and o.lease_id <> all (v_lost);

  perform zoho_sync.close_attempts(p_closed);
  perform zoho_sync.forget_erased(array(
    select o.entity_id from jsonb_to_recordset(p_opened) o (entity_type text, entity_id uuid) where o.entity_type = 'customer'));
  return v_lost;
end $$;

-- Rows locked at this moment are renewed the next time: a claim that folds locks the state row and waits for a
-- mapping, and a business transaction may lock a queue row for minutes.
create or replace function zoho_sync.renew_leases(p_worker uuid, p_lease_seconds integer) returns void
language sql set search_path = '' as $$
  update public.zoho_sync_state s
  set drain_until = now() + make_interval(secs => p_lease_seconds)
  where s.id in (select f.id from public.zoho_sync_state f where f.drain_owner = p_worker for update skip locked);
  update public.zoho_sync_queue q
  set lease_until = now() + make_interval(secs => p_lease_seconds)
  where (q.entity_type, q.entity_id) in (
    select h.entity_type, h.entity_id from public.zoho_sync_queue h
    where h.status = 'in_flight' and h.lease_owner = p_worker
      -- A wave of ten calls would otherwise write each of its rows ten times.
      and h.lease_until < now() + make_interval(secs => p_lease_seconds * 0.8)
    for update skip locked);
$$;

-- A refusal is certain; whatever else was answered is unknown until it is settled.
create or replace function zoho_sync.close_attempts(p_closed jsonb) returns void
language sql set search_path = '' as $$
  update public.zoho_sync_logs l
  set status = c.status,
    zoho_entity_id = coalesce(c.zoho_entity_id, l.zoho_entity_id),
    error_message = c.error_message,
    response_payload = c.response_payload,
    duration_ms = c.duration_ms,
    finished_at = now(),
    outcome = case when l.outcome = 'unknown' and c.is_refused then 'refused' else l.outcome end
  from jsonb_to_recordset(p_closed) c (
    id uuid, status text, zoho_entity_id text, error_message text, response_payload jsonb, duration_ms integer,
    is_refused boolean)
  where l.id = c.id;
$$;
