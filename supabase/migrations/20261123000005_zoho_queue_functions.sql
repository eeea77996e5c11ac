-- The steps of a drain, each one transaction and one round trip. Called by rpc() with the service role only.

-- A company is one Account however its name is cased or spaced; a private person is known by the customer's id.
create or replace function zoho_sync.account_key(p_company text, p_business text, p_customer_id uuid) returns text
language sql immutable set search_path = '' as $$
  select coalesce(
    'company:' || nullif(lower(regexp_replace(btrim(p_company), '\s+', ' ', 'g')), ''),
    'company:' || nullif(lower(regexp_replace(btrim(p_business), '\s+', ' ', 'g')), ''),
    'customer:' || p_customer_id::text);
$$;

-- Under which e-mail a Contact was to be made, until Zoho's answer is stored. If the answer was lost and the e-mail
-- changes before the next try, the Contact would be made a second time: it has nothing else to be found by. The log
-- cannot tell, its e-mails are masked.
create table if not exists zoho_sync.contact_tries (
  customer_id uuid primary key,
  email text not null,
  tried_at timestamptz not null default now()
);
alter table zoho_sync.contact_tries enable row level security;
revoke all on zoho_sync.contact_tries from public, anon, authenticated;
grant select, insert, delete on zoho_sync.contact_tries to service_role;

-- Everything a contract's projection needs, and nothing else: no phone, ID number, address or document.
-- A contract that names a KYC session is judged by that one; otherwise by the newest of its quote.
create or replace function zoho_sync.contract_sources(p_ids uuid[]) returns table (contract_id uuid, source jsonb)
language sql stable set search_path = '' as $$
  select c.id, jsonb_build_object(
    'contract', jsonb_build_object(
      'id', c.id, 'contract_number', c.contract_number, 'status', c.status,
      'total_contract_value', c.total_contract_value, 'start_date', c.start_date,
      'fully_signed_date', c.fully_signed_date, 'created_at', c.created_at, 'zoho_deal_id', c.zoho_deal_id),
    'quote', jsonb_build_object('id', q.id, 'company_name', q.company_name),
    'customer', case when cu.id is not null then jsonb_build_object(
      'id', cu.id, 'first_name', cu.first_name, 'last_name', cu.last_name, 'email', cu.email,
      'business_name', cu.business_name) end,
    'internal_test', coalesce(cu.account_type = 'internal_test', false)
      or coalesce(qcu.account_type = 'internal_test', false),
    'kyc', case when k.id is not null then jsonb_build_object(
      'status', k.status, 'verification_result', k.verification_result,
      'risk_tier', k.risk_tier, 'completed_at', k.completed_at) end,
    'rica', case when r.id is not null then jsonb_build_object('status', r.status) end,
    'account_key', a.account_key,
    'account_id', za.zoho_id,
    'contact', case
      when mc.zoho_id is not null then jsonb_build_object(
        'zoho_id', mc.zoho_id, 'snapshot', mc.snapshot, 'shared', false)
      when ms.zoho_id is not null then jsonb_build_object(
        'zoho_id', ms.zoho_id, 'snapshot', ms.snapshot, 'shared', true) end,
    'contact_tried', t.email)
  from public.contracts c
  join public.business_quotes q on q.id = c.quote_id
  left join public.customers qcu on qcu.id = q.customer_id
  left join public.customers cu on cu.id = coalesce(c.customer_id, q.customer_id)
  cross join lateral (select zoho_sync.account_key(q.company_name, cu.business_name, cu.id)) a (account_key)
  left join public.zoho_accounts za on za.account_key = a.account_key
  left join public.zoho_entity_mappings mc
    on mc.circletel_type = 'customer' and mc.circletel_id = cu.id and mc.zoho_type = 'Contacts'
  left join lateral (
    select m.zoho_id, m.snapshot from public.zoho_entity_mappings m
    where mc.zoho_id is null and m.zoho_type = 'Contacts'
      and lower(m.snapshot ->> 'Email') = lower(cu.email)
    limit 1) ms on true
  -- Somebody else's Contact is not to be taken for the one that was tried.
  left join zoho_sync.contact_tries t on t.customer_id = cu.id and mc.zoho_id is null
    and lower(t.email) <> lower(btrim(cu.email))
    and not exists (
      select from public.zoho_entity_mappings m
      where m.zoho_type = 'Contacts' and lower(m.snapshot ->> 'Email') = lower(t.email))
  left join lateral (
    select s.id, s.status, s.verification_result, s.risk_tier, s.completed_at
    from public.kyc_sessions s
    where s.id = c.kyc_session_id or (c.kyc_session_id is null and s.quote_id = c.quote_id)
    order by s.created_at desc, s.id desc
    limit 1) k on true
  left join lateral (
    select rs.id, rs.status
    from public.kyc_sessions s join public.rica_submissions rs on rs.kyc_session_id = s.id
    where s.id = c.kyc_session_id or (c.kyc_session_id is null and s.quote_id = c.quote_id)
    order by rs.created_at desc, rs.id desc
    limit 1) r on true
  where c.id = any (p_ids);
$$;

-- Puts contracts in the queue. Rows of `internal_test` customers and ids that are no contract are passed over.
-- Ordered by id, so that two transactions over the same contracts cannot deadlock. A dead letter comes back to
-- life: the change may be the very one that mends it.
create or replace function zoho_sync.enqueue_stale(
  p_ids uuid[], p_lanes smallint[], p_causes text[], p_forced boolean default false) returns integer
language plpgsql set search_path = '' as $$
declare
  v_count integer;
begin
  if cardinality(coalesce(p_ids, '{}')) = 0 then return 0; end if;
  insert into public.zoho_sync_queue as queue (entity_type, entity_id, lane, cause, forced)
  select 'contract', stale.id, stale.lane, stale.cause, p_forced
  from (
    select c.id, s.lane, s.cause
    from unnest(p_ids, p_lanes, p_causes) s (id, lane, cause)
    join public.contracts c on c.id = s.id
    join public.business_quotes q on q.id = c.quote_id
    left join public.customers cu on cu.id = c.customer_id
    left join public.customers qcu on qcu.id = q.customer_id
    where cu.account_type is distinct from 'internal_test'
      and qcu.account_type is distinct from 'internal_test'
    order by c.id) stale
  on conflict (entity_type, entity_id) do update set
    revision = queue.revision + 1,
    lane = least(queue.lane, excluded.lane),
    cause = excluded.cause,
    forced = queue.forced or excluded.forced,
    status = case when queue.status = 'in_flight' then queue.status else 'pending' end,
    attempts = 0,
    next_attempt_at = case when queue.status = 'pending' then least(queue.next_attempt_at, now()) else now() end;
  get diagnostics v_count = row_count;
  return v_count;
end $$;

create or replace function zoho_sync.enqueue_contracts(
  p_ids uuid[], p_lane smallint, p_cause text, p_forced boolean default false) returns integer
language sql set search_path = '' as $$
  select coalesce(zoho_sync.enqueue_stale(array_agg(i.id), array_agg(p_lane), array_agg(p_cause), p_forced), 0)
  from (select distinct unnest(p_ids)) i (id);
$$;

create or replace function public.zoho_enqueue_contracts(
  p_ids uuid[], p_lane smallint default 1, p_cause text default 'by hand', p_forced boolean default false)
returns integer
language sql set search_path = '' as $$
  select zoho_sync.enqueue_contracts(p_ids, p_lane, p_cause, p_forced);
$$;

-- Credits used in the rolling 24 h decide which lanes may still run: the last fifth of the day's budget is not
-- for backfill, the last twentieth only for compliance.
create or replace function zoho_sync.open_lane(p_daily_credits integer) returns smallint
language sql stable set search_path = '' as $$
  select case
    when coalesce(sum(l.credits), 0) >= p_daily_credits * 0.95 then 0
    when coalesce(sum(l.credits), 0) >= p_daily_credits * 0.80 then 1
    else 2 end::smallint
  from public.zoho_credit_ledger l
  where l.quarter > now() - interval '24 hours';
$$;

-- Claim, attempts and settlement are planned anew each time: the queue is nearly always empty, and a plan that a session
-- keeps from then reads a burst of 6,000 rows from end to end for each of 400 results (9 s a settlement).

-- Takes the drain lease (one active drain at a time) and up to p_limit due changes with it. Answers
-- { acquired, paused: {until, code, message} | null, concurrency, look_again_ms, changes: [...] }. Nothing due releases the
-- lease in the same transaction, so no change can fall between the last look and the release; look_again_ms is
-- when the last promise (20261123000004) has run out, after which no change trusts it any more.
create or replace function public.zoho_claim_changes(
  p_worker uuid, p_limit integer, p_lease_seconds integer,
  p_entity_type text default null, p_entity_id uuid default null) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_state public.zoho_sync_state;
  v_now timestamptz;
  v_open_lane smallint;
  v_types text[];
  v_ids uuid[];
  v_changes jsonb;
begin
  select * into v_state from public.zoho_sync_state for update;
  -- Not now(): while we waited for the row, changes may have been committed with a later one.
  v_now := clock_timestamp();
  if v_state.paused_until > v_now then
    update public.zoho_sync_state set drain_owner = null, drain_until = null where drain_owner = p_worker;
    return jsonb_build_object('acquired', false, 'changes', '[]'::jsonb, 'paused', jsonb_build_object(
      'until', nullif(v_state.paused_until, 'infinity'), 'code', v_state.pause_code,
      'message', v_state.pause_message));
  end if;
  if v_state.drain_owner <> p_worker and v_state.drain_until > v_now then
    return jsonb_build_object('acquired', false, 'changes', '[]'::jsonb, 'paused', null);
  end if;

  -- An isolate that was killed left its lease to run out: whether Zoho got its call is not known.
  update public.zoho_sync_queue q
  set status = 'pending', lease_owner = null, lease_until = null
  where (q.entity_type, q.entity_id) in (
    select i.entity_type, i.entity_id from public.zoho_sync_queue i
    where i.status = 'in_flight' and i.lease_until < v_now
    for update skip locked);
  -- Its attempts are closed by their drain and not by what is queued: a Contact's attempt is its customer's, and a
  -- contract may have been deleted since. A drain that lives all the same writes the true end over this one.
  update public.zoho_sync_logs l
  set status = 'failed', finished_at = now(),
    error_message = 'INTERRUPTED: the drain ended before Zoho''s answer was stored; the change is tried again'
  where l.status = 'pending' and l.drain_id <> p_worker;

  v_open_lane := zoho_sync.open_lane(v_state.daily_credits);

  with due as (
    select q.entity_type, q.entity_id from public.zoho_sync_queue q
    where q.status = 'pending' and q.next_attempt_at <= v_now and q.lane <= v_open_lane
      and (p_entity_id is null or (q.entity_type = p_entity_type and q.entity_id = p_entity_id))
    order by q.lane, q.next_attempt_at
    limit least(p_limit, v_state.concurrency * 100)
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
  -- the revision of a commit that the statement above was too early to see. Read there, the sources could be older
  -- than the revision they are settled with, and the change would be lost.
  select jsonb_agg(jsonb_build_object(
    'entity_type', c.entity_type, 'entity_id', c.entity_id, 'revision', c.revision, 'lane', c.lane,
    'attempts', c.attempts, 'forced', c.forced, 'cause', c.cause, 'enqueued_at', c.enqueued_at,
    'source', s.source,
    'mapping', case when m.id is not null then jsonb_build_object(
      'zoho_id', m.zoho_id, 'state', m.state,
      'snapshot', m.snapshot,
      -- A write whose answer was lost may have changed what the snapshot says: back to the old value is not "no change".
      'doubtful', m.doubtful or m.sending is not null, 'seen', coalesce(m.last_event_seq, 0)) end)
    order by c.lane, c.enqueued_at)
  into v_changes
  from unnest(v_types, v_ids) claimed (entity_type, entity_id)
  join public.zoho_sync_queue c on c.entity_type = claimed.entity_type and c.entity_id = claimed.entity_id
  left join zoho_sync.contract_sources(v_ids) s on c.entity_type = 'contract' and s.contract_id = c.entity_id
  left join public.zoho_entity_mappings m
    on m.circletel_type = c.entity_type and m.circletel_id = c.entity_id;

  if v_changes is null then
    update public.zoho_sync_state set drain_owner = null, drain_until = null, last_drain_at = v_now where id;
  else
    update public.zoho_sync_state
    set drain_owner = p_worker, drain_until = v_now + make_interval(secs => p_lease_seconds), last_drain_at = v_now
    where id;
    perform setval('zoho_sync.doorbell', zoho_sync.clock_ms());
  end if;
  return jsonb_build_object('acquired', true, 'paused', null, 'concurrency', v_state.concurrency,
    'look_again_ms', least(greatest(0, (select last_value from zoho_sync.doorbell) + zoho_sync.promise_ms() + 20
      - zoho_sync.clock_ms()), zoho_sync.promise_ms() + 20),
    'changes', coalesce(v_changes, '[]'::jsonb));
end $$;

-- Opens a log row per attempt (ids are the caller's), closes the ones that are being tried again, and renews
-- both leases. Answers the entity ids among the attempts whose lease is no longer ours; they have no row.
create or replace function public.zoho_record_attempts(
  p_worker uuid, p_lease_seconds integer, p_opened jsonb default '[]', p_closed jsonb default '[]')
returns uuid[]
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_lost uuid[];
begin
  -- Mappings before queue rows, and in order, as everywhere.
  with under_way as (
    select m.id, o.request_payload
    from public.zoho_entity_mappings m
    join jsonb_to_recordset(p_opened) o (
      entity_type text, entity_id uuid, zoho_entity_type text, request_payload jsonb)
      on m.circletel_type = o.entity_type and m.circletel_id = o.entity_id
    where o.zoho_entity_type = 'Deals'
    order by m.circletel_id
    for update of m)
  update public.zoho_entity_mappings m set sending = u.request_payload from under_way u where m.id = u.id;

  update public.zoho_sync_state
  set drain_until = now() + make_interval(secs => p_lease_seconds) where drain_owner = p_worker;
  -- A row that somebody holds at this moment is renewed the next time.
  update public.zoho_sync_queue q
  set lease_until = now() + make_interval(secs => p_lease_seconds)
  where (q.entity_type, q.entity_id) in (
    select h.entity_type, h.entity_id from public.zoho_sync_queue h
    where h.status = 'in_flight' and h.lease_owner = p_worker
      -- A wave of ten calls would otherwise write each of its rows ten times.
      and h.lease_until < now() + make_interval(secs => p_lease_seconds * 0.8)
    for update skip locked);

  select coalesce(array_agg(distinct o.lease_id), '{}') into v_lost
  from jsonb_to_recordset(p_opened) o (lease_type text, lease_id uuid)
  where not exists (
    select from public.zoho_sync_queue q
    where q.entity_type = o.lease_type and q.entity_id = o.lease_id
      and q.status = 'in_flight' and q.lease_owner = p_worker);

  insert into public.zoho_sync_logs
    (id, entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number,
     request_payload, drain_id, cause)
  select o.id, o.entity_type, o.entity_id, o.zoho_entity_type, o.zoho_entity_id, 'pending', o.attempt_number,
    o.request_payload, p_worker, o.cause
  from jsonb_to_recordset(p_opened) o (
    id uuid, lease_id uuid, entity_type text, entity_id uuid, zoho_entity_type text, zoho_entity_id text,
    attempt_number integer, request_payload jsonb, cause text)
  where o.lease_id <> all (v_lost);

  insert into zoho_sync.contact_tries (customer_id, email)
  select distinct on (o.entity_id) o.entity_id, o.email
  from jsonb_to_recordset(p_opened) o (lease_id uuid, entity_id uuid, email text)
  where o.email is not null and o.lease_id <> all (v_lost)
  on conflict (customer_id) do nothing;

  perform zoho_sync.close_attempts(p_closed);
  return v_lost;
end $$;

create or replace function zoho_sync.close_attempts(p_closed jsonb) returns void
language sql set search_path = '' as $$
  update public.zoho_sync_logs l
  set status = c.status,
    zoho_entity_id = coalesce(c.zoho_entity_id, l.zoho_entity_id),
    error_message = c.error_message,
    response_payload = c.response_payload,
    duration_ms = c.duration_ms,
    finished_at = now()
  from jsonb_to_recordset(p_closed) c (
    id uuid, status text, zoho_entity_id text, error_message text, response_payload jsonb, duration_ms integer)
  where l.id = c.id;
  -- Zoho refused the value itself: no try before this one can have made a Contact of it. A locked record says nothing
  -- of that.
  delete from zoho_sync.contact_tries t
  using public.zoho_sync_logs l
  join jsonb_to_recordset(p_closed) c (id uuid, status text, response_payload jsonb) on c.id = l.id
  where c.status = 'failed' and c.response_payload ->> 'code' = 'INVALID_DATA'
    and l.entity_type = 'customer' and l.entity_id = t.customer_id;
$$;

-- Settles a batch of results in one transaction:
--   p_results  [{entity_type, entity_id, revision, outcome: done|retry|dead|release, retry_in_seconds,
--                error: {code, field, message},
--                record: {zoho_type, zoho_id, fields, modified_at, modified_by, seen}}]
--   p_links    [{circletel_type, circletel_id, zoho_type, zoho_id, fields, modified_at}]   (Contacts)
--   p_accounts [{account_key, zoho_id, matched_by}]
--   p_closed   [{id, status, zoho_entity_id, error_message, response_payload, duration_ms}]
--   p_credits  [{lane, credits, calls}]
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
  v_held uuid[];
  v_writable uuid[];
  v_ready uuid[];
  v_busy uuid[];
  v_taken uuid[];
  v_settled integer := 0;
  v_again integer := 0;
  v_total integer;
begin
  perform zoho_sync.close_attempts(p_closed);

  -- A Contact whose e-mail changes is no longer the one of customers who shared the old e-mail: their contracts come
  -- again. First of all, while this transaction holds no queue row yet.
  perform zoho_sync.enqueue_contracts(array(
    select c.id from jsonb_to_recordset(p_links) l (circletel_id uuid, fields jsonb)
    join public.zoho_entity_mappings m
      on m.circletel_type = 'customer' and m.circletel_id = l.circletel_id and m.zoho_type = 'Contacts'
    join public.customers cu
      on lower(cu.email) = lower(m.snapshot ->> 'Email') and cu.id <> l.circletel_id
    join public.contracts c on c.customer_id = cu.id
    where l.fields ? 'Email' and lower(l.fields ->> 'Email') <> lower(m.snapshot ->> 'Email')),
    1::smallint, 'Contact no longer shared');

  delete from public.zoho_accounts a using jsonb_to_recordset(p_gone) g (zoho_type text, zoho_id text)
  where g.zoho_type = 'Accounts' and a.zoho_id = g.zoho_id;
  delete from public.zoho_entity_mappings m using jsonb_to_recordset(p_gone) g (zoho_type text, zoho_id text)
  where g.zoho_type = 'Contacts' and m.zoho_type = 'Contacts' and m.zoho_id = g.zoho_id;

  insert into public.zoho_credit_ledger as ledger (quarter, lane, credits, calls)
  select date_bin('15 minutes', now(), timestamptz '2000-01-01 00:00:00+00'), c.lane, sum(c.credits), sum(c.calls)
  from jsonb_to_recordset(p_credits) c (lane smallint, credits integer, calls integer)
  group by c.lane
  on conflict (quarter, lane) do update
    set credits = ledger.credits + excluded.credits, calls = ledger.calls + excluded.calls;

  insert into public.zoho_accounts (account_key, zoho_id, matched_by)
  select a.account_key, a.zoho_id, a.matched_by
  from jsonb_to_recordset(p_accounts) a (account_key text, zoho_id text, matched_by text)
  on conflict (account_key) do nothing;

  -- What Zoho told us of a Contact is true whoever holds the lease. One that is another customer's is shared:
  -- no mapping of its own (contract_sources finds it by e-mail).
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
    zoho_modified_at = greatest(m.zoho_modified_at, excluded.zoho_modified_at), state = 'linked';
  delete from zoho_sync.contact_tries t
  using jsonb_to_recordset(p_links) l (circletel_type text, circletel_id uuid)
  where l.circletel_type = 'customer' and t.customer_id = l.circletel_id;

  select coalesce(array_agg(q.entity_id), '{}') into v_ours
  from public.zoho_sync_queue q
  join jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid)
    on q.entity_type = r.entity_type and q.entity_id = r.entity_id
  where q.status = 'in_flight' and q.lease_owner = p_worker;

  -- Rows that another transaction holds are not waited for: a business one may stay open for minutes. Nothing here
  -- waits for a lock on an entity, so nothing here can deadlock with one.
  select coalesce(array_agg(q.entity_id), '{}') into v_held from (
    select q.entity_id from public.zoho_sync_queue q
    join jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid)
      on q.entity_type = r.entity_type and q.entity_id = r.entity_id
    where q.status = 'in_flight' and q.lease_owner = p_worker
    order by q.entity_id
    for update of q skip locked) q;
  select coalesce(array_agg(c.id), '{}') into v_writable from (
    select c.id from public.contracts c where c.id = any (v_held) order by c.id
    for no key update skip locked) c;
  -- A contract that is gone has no row to lock; it is settled all the same.
  select coalesce(array_agg(h), '{}') into v_ready from unnest(v_held) h
  where h = any (v_writable) or not exists (select from public.contracts c where c.id = h);
  -- The same for mappings, which the inward way holds while it applies an event.
  with free as (
    select m.circletel_id from public.zoho_entity_mappings m
    where m.circletel_type = 'contract' and m.circletel_id = any (v_ready)
    order by m.circletel_id
    for update skip locked)
  select coalesce(array_agg(h), '{}') into v_ready from unnest(v_ready) h
  where h in (select f.circletel_id from free f)
    or not exists (select from public.zoho_entity_mappings m
      where m.circletel_type = 'contract' and m.circletel_id = h);

  v_busy := array(select unnest(v_ours) except select unnest(v_ready));

  select coalesce(array_agg(r.entity_id), '{}') into v_taken
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

  -- A late worker may still teach us the id of a record it made, never what it holds now.
  insert into public.zoho_entity_mappings as m
    (circletel_type, circletel_id, zoho_type, zoho_id, snapshot, zoho_modified_at, recent_writes,
     stage_modified_at, stage_written_at, last_event_seq)
  select r.entity_type, r.entity_id, r.record ->> 'zoho_type', r.record ->> 'zoho_id',
    case when r.entity_id = any (v_ready) then r.record -> 'fields' else '{}'::jsonb end,
    (r.record ->> 'modified_at')::timestamptz,
    jsonb_build_array(jsonb_build_object(
      'fields', r.record -> 'fields', 'modified_at', (r.record ->> 'modified_at')::timestamptz)),
    case when r.record -> 'fields' ? 'Stage' then (r.record ->> 'modified_at')::timestamptz end,
    case when r.record -> 'fields' ? 'Stage' then clock_timestamp() end,
    (r.record ->> 'seen')::bigint
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, record jsonb)
  where r.record is not null and r.entity_id <> all (v_taken) and r.entity_id <> all (v_busy)
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
    and r.record is null and r.outcome in ('retry', 'dead') and r.entity_id = any (v_ready);

  update public.zoho_sync_state s set integration_user_id = w.modified_by
  from (select r.record ->> 'modified_by' as modified_by from jsonb_to_recordset(p_results) r (record jsonb)
    where r.record ->> 'modified_by' is not null limit 1) w
  where s.integration_user_id is distinct from w.modified_by;

  -- The contract may have been deleted while its Deal was being made: contracts_deleted found no mapping to mark.
  with orphaned as (
    update public.zoho_entity_mappings m set state = 'orphaned'
    from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid)
    where r.entity_type = 'contract' and m.circletel_type = 'contract' and m.circletel_id = r.entity_id
      and m.state = 'linked' and not exists (select from public.contracts c where c.id = r.entity_id)
    returning m.circletel_id, m.zoho_type, m.zoho_id),
  -- The deletion could only say that there may be a Deal; now there is one.
  guess as (
    delete from public.zoho_notices n using orphaned o
    where n.kind = 'orphaned' and n.entity_id = o.circletel_id and n.zoho_id is null)
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
  select 'orphaned', 'contract', o.circletel_id, o.zoho_type, o.zoho_id,
    'A contract was deleted in CircleTel while its Deal was being written; the Deal was left as it is'
  from orphaned o;

  update public.contracts c
  set zoho_deal_id = m.zoho_id, last_synced_at = now()
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, outcome text)
  join public.zoho_entity_mappings m
    on m.circletel_type = r.entity_type and m.circletel_id = r.entity_id and m.zoho_type = 'Deals'
  where r.entity_type = 'contract' and r.outcome = 'done' and c.id = r.entity_id
    and c.id = any (v_writable) and c.id = any (v_ready) and c.id <> all (v_taken);

  delete from public.zoho_sync_queue q
  using jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, revision bigint, outcome text)
  where q.entity_type = r.entity_type and q.entity_id = r.entity_id and q.revision = r.revision
    and r.outcome = 'done' and q.entity_id = any (v_ready) and q.entity_id <> all (v_taken);
  get diagnostics v_settled = row_count;

  with settled as (
    update public.zoho_sync_queue q
    set lease_owner = null, lease_until = null,
      status = case
        when q.revision <> r.revision then 'pending'
        when r.entity_id = any (v_taken) or r.outcome = 'dead' then 'dead'
        else 'pending' end,
      attempts = case
        when q.revision <> r.revision then 0
        when r.entity_id = any (v_taken) or r.outcome in ('retry', 'dead') then q.attempts + 1
        else q.attempts end,
      next_attempt_at = case
        when q.revision <> r.revision then now()
        when r.outcome = 'retry' then now() + make_interval(secs => coalesce(r.retry_in_seconds, 60))
        else q.next_attempt_at end,
      forced = q.forced and (q.revision <> r.revision or r.outcome <> 'done'),
      error_code = case
        when r.entity_id = any (v_taken) then 'RECORD_TAKEN'
        when r.outcome in ('retry', 'dead') then r.error ->> 'code'
        else q.error_code end,
      error_field = case when r.outcome in ('retry', 'dead') then r.error ->> 'field' else q.error_field end,
      error_message = case
        when r.entity_id = any (v_taken)
          then 'Zoho record ' || (r.record ->> 'zoho_id') || ' already belongs to another entity'
        when r.outcome in ('retry', 'dead') then r.error ->> 'message'
        else q.error_message end
    from jsonb_to_recordset(p_results) r (
      entity_type text, entity_id uuid, revision bigint, outcome text, retry_in_seconds double precision,
      error jsonb, record jsonb)
    where q.entity_type = r.entity_type and q.entity_id = r.entity_id and q.entity_id = any (v_ready)
    returning q.revision <> r.revision as changed)
  select v_settled + count(*), count(*) filter (where changed) into v_settled, v_again from settled;

  update public.zoho_sync_state s set concurrency = s.concurrency + 1
  where s.concurrency < 10 and p_results @> '[{"outcome": "done"}]';

  -- Zoho answers again: the next pause starts small.
  update public.zoho_sync_state s
  set pause_count = 0, pause_code = null, pause_message = null, paused_until = null
  where s.pause_count > 0 and s.paused_until <= now() and p_results @> '[{"outcome": "done"}]';

  v_total := jsonb_array_length(p_results);
  return jsonb_build_object(
    'settled', v_settled, 'again', v_again,
    'busy', to_jsonb(v_busy),
    'lost', v_total - cardinality(v_ours),
    'taken', cardinality(v_taken));
end $$;

-- Ends a drain early (a fault, a spent budget), so that the next one need not wait for the lease.
create or replace function public.zoho_end_drain(p_worker uuid) returns void
language sql set search_path = '' as $$
  update public.zoho_sync_state set drain_owner = null, drain_until = null where drain_owner = p_worker;
$$;

-- A drain whose budget is spent rings for the next one.
create or replace function public.zoho_ring() returns void
language sql set search_path = '' as $$
  select zoho_sync.call_function('zoho-sync', '{"reason":"spent"}'::jsonb);
$$;

-- A fault of the whole call pauses the drain, not the records: 30 s, doubling to 15 min while it lasts, or
-- p_seconds when the caller knows better; p_until_resumed waits for a person. Claims stop at once.
create or replace function public.zoho_pause(
  p_code text, p_message text, p_seconds integer default null, p_until_resumed boolean default false)
returns timestamptz
language sql set search_path = '' as $$
  update public.zoho_sync_state s set
    pause_code = p_code, pause_message = p_message, pause_count = s.pause_count + 1,
    concurrency = case when p_code in ('TOO_MANY_REQUESTS', 'RATE_LIMIT_EXCEEDED', 'HTTP_429')
      then greatest(1, s.concurrency / 2) else s.concurrency end,
    paused_until = case
      when p_until_resumed then 'infinity'
      else now() + make_interval(secs => coalesce(p_seconds, least(30 * 2 ^ least(s.pause_count, 5), 900))) end
  where s.id
  returning paused_until;
$$;

create or replace function public.zoho_resume() returns void
language sql set search_path = '' as $$
  update public.zoho_sync_state
  set paused_until = null, pause_code = null, pause_message = null, pause_count = 0
  where paused_until is not null or pause_count > 0;
  -- What waited need not wait for the sweep as well.
  select zoho_sync.call_function('zoho-sync', '{"reason":"resumed"}'::jsonb);
$$;

-- Which contracts a row speaks for (by-hand calls, database webhooks). { found, contract_ids }
create or replace function public.zoho_contracts_of(p_entity text, p_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  with session_ids as (
    select s.id, s.quote_id from public.kyc_sessions s
    where (p_entity = 'kyc_session' and s.id = p_id)
      or (p_entity = 'rica_submission'
        and s.id = (select r.kyc_session_id from public.rica_submissions r where r.id = p_id)))
  select jsonb_build_object(
    'found', case p_entity
      when 'contract' then exists (select from public.contracts c where c.id = p_id)
      when 'kyc_session' then exists (select from public.kyc_sessions s where s.id = p_id)
      when 'rica_submission' then exists (select from public.rica_submissions r where r.id = p_id)
      when 'quote' then exists (select from public.business_quotes q where q.id = p_id)
      when 'customer' then exists (select from public.customers cu where cu.id = p_id)
      else false end,
    'contract_ids', coalesce((
      select jsonb_agg(c.id order by c.created_at desc, c.id) from public.contracts c
      where (p_entity = 'contract' and c.id = p_id)
        or (p_entity = 'quote' and c.quote_id = p_id)
        or (p_entity = 'customer' and (c.customer_id = p_id
          or c.quote_id in (select q.id from public.business_quotes q where q.customer_id = p_id)))
        or exists (select from session_ids s
          where c.kyc_session_id = s.id or (c.kyc_session_id is null and c.quote_id = s.quote_id))), '[]'));
$$;

-- How a change ended, for a by-hand call that waits: its queue row (null when settled), mapping and newest log.
create or replace function public.zoho_change_outcome(p_entity_type text, p_entity_id uuid) returns jsonb
language sql volatile set search_path = '' as $$
  select jsonb_build_object(
    'queued', (
      select jsonb_build_object('status', q.status, 'attempts', q.attempts, 'due', q.next_attempt_at <= clock_timestamp(),
        'next_attempt_at', q.next_attempt_at, 'error_code', q.error_code, 'error_field', q.error_field,
        'error_message', q.error_message)
      from public.zoho_sync_queue q where q.entity_type = p_entity_type and q.entity_id = p_entity_id),
    'mapping', (
      select jsonb_build_object('zoho_type', m.zoho_type, 'zoho_id', m.zoho_id)
      from public.zoho_entity_mappings m
      where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id),
    'log', (
      select jsonb_build_object('id', l.id, 'status', l.status, 'error_message', l.error_message)
      from public.zoho_sync_logs l
      where l.entity_type = p_entity_type and l.entity_id = p_entity_id
        and l.zoho_entity_type in ('Deals', 'Estimates', 'Invoices')
      order by l.created_at desc limit 1),
    'paused', (
      select jsonb_build_object('until', nullif(s.paused_until, 'infinity'), 'code', s.pause_code,
        'message', s.pause_message)
      from public.zoho_sync_state s where s.paused_until > now()));
$$;

-- Postgres lets PUBLIC execute every new function, and older projects grant anon and authenticated besides.
revoke all on function
  zoho_sync.account_key(text, text, uuid), zoho_sync.contract_sources(uuid[]),
  zoho_sync.enqueue_stale(uuid[], smallint[], text[], boolean),
  zoho_sync.enqueue_contracts(uuid[], smallint, text, boolean), zoho_sync.open_lane(integer),
  zoho_sync.close_attempts(jsonb),
  public.zoho_enqueue_contracts(uuid[], smallint, text, boolean),
  public.zoho_claim_changes(uuid, integer, integer, text, uuid),
  public.zoho_record_attempts(uuid, integer, jsonb, jsonb),
  public.zoho_settle_changes(uuid, jsonb, jsonb, jsonb, jsonb, jsonb, jsonb),
  public.zoho_end_drain(uuid), public.zoho_ring(), public.zoho_pause(text, text, integer, boolean), public.zoho_resume(),
  public.zoho_contracts_of(text, uuid), public.zoho_change_outcome(text, uuid)
  from public, anon, authenticated;
grant execute on function
  zoho_sync.call_function(text, jsonb), zoho_sync.account_key(text, text, uuid), zoho_sync.contract_sources(uuid[]),
  zoho_sync.enqueue_stale(uuid[], smallint[], text[], boolean),
  zoho_sync.enqueue_contracts(uuid[], smallint, text, boolean), zoho_sync.open_lane(integer),
  zoho_sync.close_attempts(jsonb),
  public.zoho_enqueue_contracts(uuid[], smallint, text, boolean),
  public.zoho_claim_changes(uuid, integer, integer, text, uuid),
  public.zoho_record_attempts(uuid, integer, jsonb, jsonb),
  public.zoho_settle_changes(uuid, jsonb, jsonb, jsonb, jsonb, jsonb, jsonb),
  public.zoho_end_drain(uuid), public.zoho_ring(), public.zoho_pause(text, text, integer, boolean), public.zoho_resume(),
  public.zoho_contracts_of(text, uuid), public.zoho_change_outcome(text, uuid)
  to service_role;
