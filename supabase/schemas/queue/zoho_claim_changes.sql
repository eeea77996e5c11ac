-- Claim, attempts, settlement and hints keep their plans, since planning cost more than running: a claim of one change took
-- 4.6 ms when every helper was planned again, 1.7 ms with plans that a session keeps (decision 34). A plan may be older than
-- the burst it meets, so these functions allow index scans only; with a full scan kept from an empty queue, a burst of
-- 6,000 rows was read from end to end for each of 400 results (9 s a settlement). Helpers are in plpgsql, which keeps plans;
-- a function in SQL is planned at each call.

-- Takes the drain lease (one active drain at a time) and up to p_limit due changes with it. Answers
-- { acquired, paused: {until, code, message} | null, was_paused, concurrency, look_again_ms, due_in_ms, revisions, identity,
-- holds, changes: [...] }. After a pause Zoho is asked whether it answers, before anything else; `holds` are modules that rest.
-- p_project_url is the SUPABASE_URL of who claims: another project's functions get nothing.
-- Nothing due releases the lease in the same transaction, so no change can fall between the last look and the release.
-- look_again_ms is 0 when no change trusts an earlier promise any more, due_in_ms when a change
-- comes due that waits for a second of Zoho's clock to pass (0: none does).
create or replace function public.zoho_claim_changes(
  p_worker uuid, p_limit integer, p_lease_seconds integer,
  p_entity_type text default null, p_entity_id uuid default null, p_project_url text default null) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off as $$
declare
  v_state public.zoho_sync_state;
  v_now timestamptz;
  v_identity jsonb;
  v_rest jsonb;
  v_changes jsonb;
  v_revisions jsonb;
  v_look_again_ms bigint;
begin
  v_state := zoho_sync.lock_state();
  if zoho_sync.pin_project(p_project_url) then v_state := zoho_sync.lock_state(); end if;
  -- Not now(): while we waited for the row, changes may have been committed with a later one.
  v_now := clock_timestamp();
  v_identity := public.zoho_identity(p_project_url);
  v_rest := zoho_sync.reason_to_rest(v_identity, v_state, v_now);
  if v_rest is not null then
    update public.zoho_sync_state set drain_owner = null, drain_until = null where drain_owner = p_worker;
    return jsonb_build_object('acquired', false, 'changes', '[]'::jsonb, 'paused', v_rest);
  end if;
  if v_state.drain_owner <> p_worker and v_state.drain_until > v_now then
    return jsonb_build_object('acquired', false, 'changes', '[]'::jsonb, 'paused', null);
  end if;

  -- Before this claim draws any: a number that a restored database gives again must not pass for one it remembers.
  v_revisions := zoho_sync.revision_space();
  -- Before the look: where it answers 0, the look sees whatever was committed under the promise.
  v_look_again_ms := zoho_sync.look_again_ms();
  -- Before any row of the queue is locked: a sweep holds the fold's lock while it waits for those.
  perform zoho_sync.fold_for_claim(p_limit);
  perform zoho_sync.release_expired(p_worker);
  v_changes := zoho_sync.take_due(v_state, p_worker, p_limit, p_lease_seconds, p_entity_type, p_entity_id);

  if v_changes is null then
    update public.zoho_sync_state set drain_owner = null, drain_until = null, last_drain_at = v_now where id;
  else
    update public.zoho_sync_state
    set drain_owner = p_worker, drain_until = v_now + make_interval(secs => p_lease_seconds), last_drain_at = v_now,
      last_revision = (select case when w.is_called then w.last_value else 0 end from zoho_sync.write_revision w)
    where id;
    perform zoho_sync.promise_to_look();
  end if;
  return jsonb_build_object('acquired', true, 'paused', null, 'concurrency', v_state.concurrency,
    'was_paused', v_state.pause_count > 0, 'holds', zoho_sync.known_holds(),
    'look_again_ms', v_look_again_ms, 'due_in_ms', zoho_sync.next_due_ms(v_now),
    'revisions', v_revisions, 'identity', v_identity, 'changes', coalesce(v_changes, '[]'::jsonb));
end $$;

-- When the next change comes due, in milliseconds from now, if that is within three seconds; else 0. One that came due since
-- the claim looked counts: no other drain would pick it up.
create or replace function zoho_sync.next_due_ms(p_looked_at timestamptz) returns bigint
language plpgsql volatile set search_path = '' as $$
declare
  v_until constant timestamptz := clock_timestamp() + interval '3 seconds';
begin
  return (
    select coalesce(min(greatest(ceil(extract(epoch from d.next_attempt_at - clock_timestamp()) * 1000)::bigint, 1)), 0)
    -- Lane by lane, as the index is; otherwise each claim reads all that is pending.
    from unnest('{0,1,2}'::smallint[]) l (lane)
    cross join lateral (
      select q.next_attempt_at from public.zoho_sync_queue q
      where q.status = 'pending' and q.lane = l.lane
        and q.next_attempt_at > p_looked_at and q.next_attempt_at < v_until
      order by q.next_attempt_at limit 1) d);
end $$;

-- What this database knows of its own write revisions. `checked_seconds_ago` is null when they were never compared with
-- Zoho's.
create or replace function zoho_sync.revision_space() returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
  return (
    select jsonb_build_object('epoch', s.revision_epoch, 'last', s.last_revision, 'earlier', to_jsonb(s.earlier_epochs),
      'checked_seconds_ago', case when s.revisions_checked_at > '-infinity'
        then extract(epoch from clock_timestamp() - s.revisions_checked_at) end,
      -- A restore restarts Postgres; an earlier check by the process is then void.
      'database_started_at', pg_postmaster_start_time())
    from public.zoho_sync_state s);
end $$;

-- The state row, locked.
create or replace function zoho_sync.lock_state() returns public.zoho_sync_state
language plpgsql set search_path = '' as $$
declare
  v_state public.zoho_sync_state;
begin
  perform zoho_sync.ensure_state();
  select * into v_state from public.zoho_sync_state for update;
  return v_state;
end $$;

-- Makes the state row again if it was deleted: without it no kind of record is synced, and marks would be passed over. The
-- identity's too. Definer, because no role of the Data API may add or delete them.
create or replace function zoho_sync.ensure_state() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select from public.zoho_sync_state) then
    insert into public.zoho_sync_state default values on conflict do nothing;
  end if;
  if not exists (select from zoho_sync.identity) then
    insert into zoho_sync.identity default values on conflict do nothing;
  end if;
end $$;

-- Folds until the outbox is empty or there is enough for this claim. A fold may bring nothing to the queue (consumers, kinds
-- that are switched off), so the drain does not end on the first one.
create or replace function zoho_sync.fold_for_claim(p_limit integer) returns void
language plpgsql set search_path = '' as $$
declare
  v_folds integer := 0;
begin
  while zoho_sync.fold_outbox() > 0 loop
    v_folds := v_folds + 1;
    exit when v_folds = 5
      or (select count(*) from (select from public.zoho_sync_queue q where q.status = 'pending' limit p_limit) d) >= p_limit;
  end loop;
  -- The rest is folded by the next claim, so the bell is rung for one.
  if v_folds = 5 and exists (select from zoho_sync.outbox) then
    perform zoho_sync.call_function('zoho-sync', '{"reason":"outbox"}'::jsonb);
  end if;
end $$;

-- What an isolate that was killed left behind: whether Zoho got its call is not known.
create or replace function zoho_sync.release_expired(p_worker uuid) returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_sync_queue q
  set status = 'pending', lease_owner = null, lease_until = null
  where (q.entity_type, q.entity_id) in (
    select i.entity_type, i.entity_id from public.zoho_sync_queue i
    where i.status = 'in_flight' and i.lease_until < clock_timestamp()
    for update skip locked);
  -- Its attempts are closed by their drain and not by what is queued: a Contact's attempt is its customer's, and a
  -- contract may have been deleted since. A drain that lives all the same writes the true end over this one.
  update public.zoho_sync_logs l
  set status = 'failed', finished_at = now(),
    error_message = 'INTERRUPTED: the drain ended before Zoho''s answer was stored; the change is tried again'
  where l.status = 'pending' and l.drain_id <> p_worker;
end $$;

-- Leases due changes, by lane and age, and answers each with its rows and its mapping; null when there are none.
create or replace function zoho_sync.take_due(
  p_state public.zoho_sync_state, p_worker uuid, p_limit integer, p_lease_seconds integer,
  p_entity_type text, p_entity_id uuid) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_open_lane constant smallint := zoho_sync.open_lane(p_state.daily_credits);
  v_held_ids constant uuid[] := zoho_sync.held_entities();
  v_held_types constant text[] := zoho_sync.held_types();
  v_types text[];
  v_ids uuid[];
begin
  with due as (
    select q.entity_type, q.entity_id from public.zoho_sync_queue q
    where q.status = 'pending' and q.next_attempt_at <= v_now and q.lane <= v_open_lane
      and q.entity_id <> all (v_held_ids) and q.entity_type <> all (v_held_types)
      and (p_entity_id is null or (q.entity_type = p_entity_type and q.entity_id = p_entity_id))
    order by q.lane, q.next_attempt_at, q.entity_id
    limit least(p_limit, p_state.concurrency * 100)
    for update skip locked),
  claimed as (
    update public.zoho_sync_queue q
    set status = 'in_flight', lease_owner = p_worker,
      lease_until = v_now + make_interval(secs => p_lease_seconds)
    from due
    where q.entity_type = due.entity_type and q.entity_id = due.entity_id
    returning q.entity_type, q.entity_id)
  select array_agg(c.entity_type), array_agg(c.entity_id) into v_types, v_ids from claimed c;

  -- A statement of its own, and so a snapshot of its own: `for update` gives the newest version of a queue row, with
  -- the version of a commit that the statement above was too early to see. Read there, the sources could be older
  -- than the version they are settled with, and the change would be lost.
  return (
    select jsonb_agg(jsonb_build_object(
      'entity_type', c.entity_type, 'entity_id', c.entity_id, 'version', c.version, 'lane', c.lane,
      'failed_rounds', c.failed_rounds, 'look', c.look, 'forced', c.forced, 'cause', c.cause, 'enqueued_at', c.enqueued_at,
      'source', s.source, 'mapping', k.mapping, 'in_doubt', k.in_doubt, 'answers', k.answers,
      'row_version', k.row_version,
      -- Hints that came before it are answered by what is read now.
      'claimed_at', clock_timestamp(),
      -- One for a planned write of the stage, kept over its tries.
      'planned_revision', case when c.entity_type = 'contract'
        then (p_state.revision_epoch * 10000000000 + nextval('zoho_sync.write_revision'))::text end)
      order by c.lane, c.next_attempt_at, c.entity_id)
    from unnest(v_types, v_ids) claimed (entity_type, entity_id)
    join public.zoho_sync_queue c on c.entity_type = claimed.entity_type and c.entity_id = claimed.entity_id
    left join zoho_sync.sources(v_types, v_ids) s
      on s.entity_type = c.entity_type and s.entity_id = c.entity_id
    left join zoho_sync.known_of(v_types, v_ids) k
      on k.entity_type = c.entity_type and k.entity_id = c.entity_id);
end $$;
