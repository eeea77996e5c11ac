-- Settles a batch of results in one transaction:
--   p_results  [{entity_type, entity_id, revision, outcome: done|retry|dead|release, retry_in_seconds,
--                error: {code, field, message},
--                record: {zoho_type, zoho_id, fields, modified_at, modified_by, seen}}]
--   p_links    [{circletel_type, circletel_id, zoho_type, zoho_id, fields, modified_at}]   (Contacts)
--   p_accounts [{account_key, zoho_id, matched_by}]
--   p_closed   [{id, status, zoho_entity_id, error_message, response_payload, duration_ms}]
--   p_credits  [{lane, credits, calls, left}]   (left: what Zoho said is left of the day's)
--   p_gone     [{zoho_type, zoho_id}]   (Accounts and Contacts that Zoho no longer has: merged or deleted there)
-- Answers { settled, again, lost, busy, taken }: `again` changed while in flight and are due at once, `lost` are
-- no longer ours, `busy` are the entity ids that a business transaction holds at this moment (settle them again a
-- little later, or let their lease run out), `taken` name a Zoho record that belongs to another entity.
create or replace function public.zoho_settle_changes(
  p_worker uuid, p_results jsonb, p_links jsonb default '[]', p_accounts jsonb default '[]',
  p_closed jsonb default '[]', p_credits jsonb default '[]', p_gone jsonb default '[]') returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_ours uuid[];
  v_locked zoho_sync.settlement_locks;
  v_busy uuid[];
  v_taken uuid[];
  v_settled integer;
  v_again integer;
begin
  perform zoho_sync.close_attempts(p_closed);
  -- First of all, while this transaction holds no queue row yet.
  perform zoho_sync.enqueue_unshared(p_links);
  perform zoho_sync.forget_records(p_gone);
  perform zoho_sync.book_credits(p_credits);
  perform zoho_sync.remember_accounts(p_accounts);
  perform zoho_sync.remember_links(p_links);

  v_ours := array(
    select q.entity_id from public.zoho_sync_queue q
    join jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid)
      on q.entity_type = r.entity_type and q.entity_id = r.entity_id
    where q.status = 'in_flight' and q.lease_owner = p_worker);
  v_locked := zoho_sync.lock_for_settlement(p_worker, p_results);
  v_busy := array(select unnest(v_ours) except select unnest(v_locked.ready));
  v_taken := zoho_sync.taken_records(p_results);

  perform zoho_sync.store_records(p_results, v_locked.ready, v_busy, v_taken);
  perform zoho_sync.learn_own_user(p_results);
  perform zoho_sync.orphan_settled(p_results);
  perform zoho_sync.stamp_contracts(p_results, v_locked, v_taken);
  v_settled := zoho_sync.finish_changes(p_results, v_locked.ready, v_taken);
  select v_settled + r.settled, r.again into v_settled, v_again
  from zoho_sync.return_changes(p_results, v_locked.ready, v_taken) r;
  perform zoho_sync.note_success(p_results);
  return jsonb_build_object(
    'settled', v_settled, 'again', v_again, 'busy', to_jsonb(v_busy),
    'lost', jsonb_array_length(p_results) - cardinality(v_ours), 'taken', cardinality(v_taken));
end $$;

-- A Contact whose e-mail changes is no longer the one of customers who shared the old e-mail: all that is theirs comes
-- again.
create or replace function zoho_sync.enqueue_unshared(p_links jsonb) returns void
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  perform zoho_sync.enqueue(array_agg(s.entity_type), array_agg(s.entity_id), array_agg(1::smallint),
    array_agg('Contact no longer shared'::text))
  from (
    -- By itself first: judged by statistics of a mapping table that was empty a minute ago, all customers were compared
    -- with all Contacts (21 s a settlement after 4,000 contracts of a first backfill).
    with moved as materialized (
      select l.circletel_id, lower(m.snapshot ->> 'Email') as email
      from jsonb_to_recordset(p_links) l (circletel_id uuid, fields jsonb)
      join public.zoho_entity_mappings m
        on m.circletel_type = 'customer' and m.circletel_id = l.circletel_id and m.zoho_type = 'Contacts'
      where l.fields ? 'Email' and lower(l.fields ->> 'Email') <> lower(m.snapshot ->> 'Email'))
    select distinct e.entity_type, e.entity_id
    from zoho_sync.customer_entities(array(
      select cu.id from moved
      join public.customers cu on lower(cu.email) = moved.email and cu.id <> moved.circletel_id)) e) s;
end $$;

-- What Zoho no longer has: merged or deleted there.
create or replace function zoho_sync.forget_records(p_gone jsonb) returns void
language sql set search_path = '' as $$
  delete from public.zoho_accounts a using jsonb_to_recordset(p_gone) g (zoho_type text, zoho_id text)
  where g.zoho_type = 'Accounts' and a.zoho_id = g.zoho_id;
  delete from public.zoho_entity_mappings m using jsonb_to_recordset(p_gone) g (zoho_type text, zoho_id text)
  where g.zoho_type = 'Contacts' and m.zoho_type = 'Contacts' and m.zoho_id = g.zoho_id;
  delete from public.zoho_products p using jsonb_to_recordset(p_gone) g (zoho_type text, zoho_id text)
  where g.zoho_type = 'Products' and p.zoho_id = g.zoho_id;
$$;

-- A state row that somebody holds is passed over, here and below: a claim that folds holds it and may wait for our queue
-- rows, and the next settlement has as much to say.
create or replace function zoho_sync.book_credits(p_credits jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  perform zoho_sync.record_credits(c.lane, sum(c.credits)::integer, sum(c.calls)::integer)
  from jsonb_to_recordset(p_credits) c (lane smallint, credits integer, calls integer) group by c.lane;
  update public.zoho_sync_state s set credits_left = c.credits_left, credits_left_at = clock_timestamp()
  from (select min(k."left") as credits_left from jsonb_to_recordset(p_credits) k ("left" integer)) c
  where c.credits_left is not null and s.id in (select f.id from public.zoho_sync_state f for update skip locked);
end $$;

create or replace function zoho_sync.remember_accounts(p_accounts jsonb) returns void
language sql set search_path = '' as $$
  insert into public.zoho_accounts (account_key, zoho_id, matched_by)
  select a.account_key, a.zoho_id, a.matched_by
  from jsonb_to_recordset(p_accounts) a (account_key text, zoho_id text, matched_by text)
  on conflict (account_key) do nothing;
$$;

-- What Zoho told us of a Contact is true whoever holds the lease. One that is another customer's is shared: no mapping of
-- its own (zoho_sync.parties finds it by e-mail).
create or replace function zoho_sync.remember_links(p_links jsonb) returns void
language sql set search_path = '' as $$
  insert into public.zoho_entity_mappings as m
    (circletel_type, circletel_id, zoho_type, zoho_id, snapshot, zoho_modified_at)
  select l.circletel_type, l.circletel_id, l.zoho_type, l.zoho_id, l.fields, l.modified_at
  from (
    -- One batch may bring a Contact twice: two contracts of one customer, or two customers of one e-mail.
    select distinct on (c.circletel_type, c.circletel_id) c.* from (
      select distinct on (l.zoho_type, l.zoho_id) l.*
      from jsonb_to_recordset(p_links) l (
        circletel_type text, circletel_id uuid, zoho_type text, zoho_id text, fields jsonb, modified_at timestamptz)
      where not exists (
        select from public.zoho_entity_mappings o
        where o.zoho_type = l.zoho_type and o.zoho_id = l.zoho_id and o.circletel_id <> l.circletel_id)
      order by l.zoho_type, l.zoho_id, l.circletel_id) c
    order by c.circletel_type, c.circletel_id, c.zoho_id) l
  on conflict (circletel_type, circletel_id) do update set
    zoho_id = excluded.zoho_id, snapshot = m.snapshot || excluded.snapshot,
    zoho_modified_at = greatest(m.zoho_modified_at, excluded.zoho_modified_at), state = 'linked', sending = null;
  delete from zoho_sync.contact_tries t
  using jsonb_to_recordset(p_links) l (circletel_type text, circletel_id uuid)
  where l.circletel_type = 'customer' and t.customer_id = l.circletel_id;
$$;

-- Locks what a settlement writes and answers the entities that are ready: ours, and held by no other transaction.
create or replace function zoho_sync.lock_for_settlement(p_worker uuid, p_results jsonb) returns zoho_sync.settlement_locks
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_held_types text[];
  v_held uuid[];
  v_writable uuid[];
  v_ready uuid[];
begin
  -- Rows that another transaction holds are not waited for: a business one may stay open for minutes. Nothing here
  -- waits for a lock on an entity, so nothing here can deadlock with one.
  select coalesce(array_agg(q.entity_type), '{}'), coalesce(array_agg(q.entity_id), '{}') into v_held_types, v_held
  from (
    select q.entity_type, q.entity_id from public.zoho_sync_queue q
    join jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid)
      on q.entity_type = r.entity_type and q.entity_id = r.entity_id
    where q.status = 'in_flight' and q.lease_owner = p_worker
    order by q.entity_type, q.entity_id
    for update of q skip locked) q;
  select coalesce(array_agg(c.id), '{}') into v_writable from (
    select c.id from public.contracts c where c.id = any (v_held) order by c.id
    for no key update skip locked) c;
  -- The others are not written to: their rows are only kept from being deleted until the mapping stands.
  with quotes as (
    select q.id from public.business_quotes q where q.id = any (v_held) for key share skip locked),
  customers as (
    select cu.id from public.customers cu where cu.id = any (v_held) for key share skip locked),
  invoices as (
    select i.id from public.customer_invoices i where i.id = any (v_held) for key share skip locked)
  select v_writable || array(select q.id from quotes q union all select cu.id from customers cu
    union all select i.id from invoices i) into v_ready;
  -- A row that is gone cannot be locked; it is settled all the same.
  v_ready := v_ready || array(select g.entity_id from zoho_sync.missing_entities(v_held_types, v_held) g);
  -- The same for mappings, which the inward way holds while it applies an event.
  with theirs as (
    select m.id, m.circletel_id from public.zoho_entity_mappings m
    join unnest(v_held_types, v_held) h (entity_type, entity_id)
      on m.circletel_type = h.entity_type and m.circletel_id = h.entity_id
    where m.circletel_id = any (v_ready)),
  free as (
    select m.id from public.zoho_entity_mappings m
    where m.id in (select t.id from theirs t)
    order by m.circletel_id
    for update skip locked)
  select array(select unnest(v_ready) except
    select t.circletel_id from theirs t where t.id not in (select f.id from free f)) into v_ready;
  return row(v_ready, v_writable)::zoho_sync.settlement_locks;
end $$;

-- Results that name a record which belongs to another entity.
create or replace function zoho_sync.taken_records(p_results jsonb) returns uuid[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(r.entity_id), '{}')
  from (
    -- Of two in one batch that name the same record, the one that has it already, else the first.
    select r.*, row_number() over (
      partition by r.record ->> 'zoho_type', r.record ->> 'zoho_id' order by m.id is null, r.entity_id) as place
    from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, record jsonb)
    left join public.zoho_entity_mappings m on m.circletel_type = r.entity_type and m.circletel_id = r.entity_id
      and m.zoho_type = r.record ->> 'zoho_type' and m.zoho_id = r.record ->> 'zoho_id'
    where r.record is not null) r
  where (
    r.place > 1
    or exists (
      select from public.zoho_entity_mappings o
      where o.zoho_type = r.record ->> 'zoho_type' and o.zoho_id = r.record ->> 'zoho_id'
        and (o.circletel_type, o.circletel_id) is distinct from (r.entity_type, r.entity_id))
    or exists (
      select from public.contracts c
      where c.zoho_deal_id = r.record ->> 'zoho_id' and c.id <> r.entity_id));
$$;

-- What Zoho holds now. A late worker may still teach us the id of a record it made, never what it holds now.
create or replace function zoho_sync.store_records(p_results jsonb, p_ready uuid[], p_busy uuid[], p_taken uuid[])
returns void
language sql set search_path = '' as $$
  insert into public.zoho_entity_mappings as m
    (circletel_type, circletel_id, zoho_type, zoho_id, snapshot, zoho_modified_at, recent_writes,
     stage_modified_at, stage_written_at, last_event_seq)
  select r.entity_type, r.entity_id, r.record ->> 'zoho_type', r.record ->> 'zoho_id',
    case when r.entity_id = any (p_ready) then r.record -> 'fields' else '{}'::jsonb end,
    (r.record ->> 'modified_at')::timestamptz,
    jsonb_build_array(jsonb_build_object(
      'fields', r.record -> 'fields', 'modified_at', (r.record ->> 'modified_at')::timestamptz)),
    case when r.record -> 'fields' ? 'Stage' then (r.record ->> 'modified_at')::timestamptz end,
    case when r.record -> 'fields' ? 'Stage' then clock_timestamp() end,
    (r.record ->> 'seen')::bigint
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, record jsonb)
  where r.record is not null and r.entity_id <> all (p_taken) and r.entity_id <> all (p_busy)
  on conflict (circletel_type, circletel_id) do update set
    snapshot = m.snapshot || excluded.snapshot,
    -- An event that came in since the claim spoke of a record that we were writing: the next drain reads it.
    doubtful = coalesce(m.last_event_seq, 0) <> coalesce(excluded.last_event_seq, 0),
    zoho_modified_at = greatest(m.zoho_modified_at, excluded.zoho_modified_at),
    recent_writes = jsonb_path_query_array(excluded.recent_writes || m.recent_writes, '$[0 to 4]'),
    stage_modified_at = greatest(m.stage_modified_at, excluded.stage_modified_at),
    stage_written_at = coalesce(excluded.stage_written_at, m.stage_written_at),
    sending = null;
  -- A refused write is no longer under way; one whose outcome is not known still is.
  update public.zoho_entity_mappings m set sending = null
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, outcome text, record jsonb)
  where m.circletel_type = r.entity_type and m.circletel_id = r.entity_id and m.sending is not null
    and r.record is null and r.outcome in ('retry', 'dead') and r.entity_id = any (p_ready);
$$;

-- Our own user in Zoho, by the answers to our writes.
create or replace function zoho_sync.learn_own_user(p_results jsonb) returns void
language sql set search_path = '' as $$
  update public.zoho_sync_state s set integration_user_id = w.modified_by
  from (select r.record ->> 'modified_by' as modified_by from jsonb_to_recordset(p_results) r (record jsonb)
    where r.record ->> 'modified_by' is not null limit 1) w
  where s.id in (select f.id from public.zoho_sync_state f
    where f.integration_user_id is distinct from w.modified_by for update skip locked);
$$;

-- Rows that were deleted while their record was being made: the fold found no mapping to mark.
create or replace function zoho_sync.orphan_settled(p_results jsonb) returns void
language sql set search_path = '' as $$
  with found as (
    select m.id
    from zoho_sync.missing_entities(
      array(select r.entity_type from jsonb_to_recordset(p_results) r (entity_type text)),
      array(select r.entity_id from jsonb_to_recordset(p_results) r (entity_id uuid))) g
    join public.zoho_entity_mappings m
      on m.circletel_type = g.entity_type and m.circletel_id = g.entity_id and m.state = 'linked'
    -- One that a fold holds is marked by that fold, which waits for our queue row next.
    for update of m skip locked),
  orphaned as (
    update public.zoho_entity_mappings m set state = 'orphaned' from found f where m.id = f.id
    returning m.circletel_type, m.circletel_id, m.zoho_type, m.zoho_id),
  -- The deletion could only say that there may be a record; now there is one.
  guess as (
    delete from public.zoho_notices n using orphaned o
    where n.kind = 'orphaned' and n.entity_id = o.circletel_id and n.zoho_id is null)
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
  select 'orphaned', o.circletel_type, o.circletel_id, o.zoho_type, o.zoho_id,
    format('%s %s was deleted in CircleTel while its %s was being written; the %3$s was left as it is',
      case when t.entity_type = 'invoice' then 'An' else 'A' end, t.entity_type, t.record)
  from orphaned o join zoho_sync.record_types() t on t.entity_type = o.circletel_type;
$$;

create or replace function zoho_sync.stamp_contracts(p_results jsonb, p_locked zoho_sync.settlement_locks, p_taken uuid[])
returns void
language sql set search_path = '' as $$
  update public.contracts c
  set zoho_deal_id = m.zoho_id, last_synced_at = now()
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, outcome text)
  join public.zoho_entity_mappings m
    on m.circletel_type = r.entity_type and m.circletel_id = r.entity_id and m.zoho_type = 'Deals'
  where r.entity_type = 'contract' and r.outcome = 'done' and c.id = r.entity_id
    and c.id = any (p_locked.writable) and c.id = any (p_locked.ready) and c.id <> all (p_taken);
$$;

-- Changes that are done leave the queue, unless they were marked again since the claim. Answers how many.
create or replace function zoho_sync.finish_changes(p_results jsonb, p_ready uuid[], p_taken uuid[]) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_count integer;
begin
  delete from public.zoho_sync_queue q
  using jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, revision bigint, outcome text)
  where q.entity_type = r.entity_type and q.entity_id = r.entity_id and q.revision = r.revision
    and r.outcome = 'done' and q.entity_id = any (p_ready) and q.entity_id <> all (p_taken);
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- The others go back with their outcome: again, later, or for a person.
create or replace function zoho_sync.return_changes(
  p_results jsonb, p_ready uuid[], p_taken uuid[], out settled integer, out again integer)
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  with returned as (
    update public.zoho_sync_queue q
    set lease_owner = null, lease_until = null,
      status = case
        when q.revision <> r.revision then 'pending'
        when r.entity_id = any (p_taken) or r.outcome = 'dead' then 'dead'
        else 'pending' end,
      attempts = case
        when q.revision <> r.revision then 0
        when r.entity_id = any (p_taken) or r.outcome in ('retry', 'dead') then q.attempts + 1
        else q.attempts end,
      next_attempt_at = case
        when q.revision <> r.revision then now()
        when r.outcome = 'retry' then now() + make_interval(secs => coalesce(r.retry_in_seconds, 60))
        else q.next_attempt_at end,
      forced = q.forced and (q.revision <> r.revision or r.outcome <> 'done'),
      error_code = case
        when r.entity_id = any (p_taken) then 'RECORD_TAKEN'
        when r.outcome in ('retry', 'dead') then r.error ->> 'code'
        else q.error_code end,
      error_field = case when r.outcome in ('retry', 'dead') then r.error ->> 'field' else q.error_field end,
      error_message = case
        when r.entity_id = any (p_taken)
          then 'Zoho record ' || (r.record ->> 'zoho_id') || ' already belongs to another entity'
        when r.outcome in ('retry', 'dead') then r.error ->> 'message'
        else q.error_message end
    from jsonb_to_recordset(p_results) r (
      entity_type text, entity_id uuid, revision bigint, outcome text, retry_in_seconds double precision,
      error jsonb, record jsonb)
    where q.entity_type = r.entity_type and q.entity_id = r.entity_id and q.entity_id = any (p_ready)
    returning q.revision <> r.revision as changed)
  select count(*), count(*) filter (where s.changed) into settled, again from returned s;
end $$;

-- A call went well: one more at a time, and a pause that is over is forgotten.
create or replace function zoho_sync.note_success(p_results jsonb) returns void
language sql set search_path = '' as $$
  update public.zoho_sync_state s set concurrency = s.concurrency + 1
  where p_results @> '[{"outcome": "done"}]'
    and s.id in (select f.id from public.zoho_sync_state f where f.concurrency < 10 for update skip locked);

  -- Zoho answers again: the next pause starts small.
  update public.zoho_sync_state s
  set pause_count = 0, pause_code = null, pause_message = null, paused_until = null
  where p_results @> '[{"outcome": "done"}]'
    and s.id in (select f.id from public.zoho_sync_state f
      where f.pause_count > 0 and f.paused_until <= now() for update skip locked);
$$;
