-- Settles a batch of results in one transaction:
--   p_results  [{entity_type, entity_id, version, claimed_at, outcome: done|retry|dead|release, retry_in_seconds, look,
--                in_part, error: {code, field, message},
--                record: {zoho_type, zoho_id, fields, agreed_status, revision, loops, modified_at},
--                take_in: {status, row_version, fields, agreed_status, revision}, state, questions,
--                seen: {outcome, reason, details}}]
--   p_links    [{circletel_type, circletel_id, zoho_type, zoho_id, fields, modified_at}]   (Contacts)
--   p_accounts [{account_key, zoho_id, matched_by}]
--   p_closed   [{id, status, zoho_entity_id, error_message, response_payload, duration_ms, is_refused}]
--   p_credits  [{lane, credits, calls, left}]   (left: what Zoho said is left of the day's)
--   p_gone     [{zoho_type, zoho_id}]   (Accounts and Contacts that Zoho no longer has: merged or deleted there)
--   p_asked    [{entity_id, questions}]   (customers whose Contact a person has to choose)
--   p_lacking  [{entity_type, entity_id, customer_id, lane}]   (records that go without the customer's Contact)
-- `record` is what was learned of the base, `take_in` a status for CircleTel with the same once it is taken in, `seen` what a
-- look came to.
-- Answers { settled, again, lost, busy, taken, left }: `again` changed while in flight and are due at once, `lost` are
-- no longer ours, `busy` are the entity ids that a business transaction holds at this moment (settle them again a
-- little later, or let their lease run out), `taken` name a Zoho record that belongs to another entity, `left` are the
-- entity ids whose status was not taken in since their row had changed.
create or replace function public.zoho_settle_changes(
  p_worker uuid, p_results jsonb, p_links jsonb default '[]', p_accounts jsonb default '[]',
  p_closed jsonb default '[]', p_credits jsonb default '[]', p_gone jsonb default '[]', p_asked jsonb default '[]',
  p_lacking jsonb default '[]')
returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan'
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
declare
  v_ours uuid[];
  v_locked zoho_sync.settlement_locks;
  v_busy uuid[];
  v_taken uuid[];
  v_left jsonb := '{}';
  v_settled integer;
  v_again integer;
begin
  -- What is empty is passed over: planning a statement costs more than running most of these.
  if p_closed <> '[]' then perform zoho_sync.close_attempts(p_closed); end if;
  -- First of all, while this transaction holds no queue row yet.
  if p_links <> '[]' then perform zoho_sync.enqueue_found(p_links); end if;
  if p_lacking <> '[]' then perform zoho_sync.enqueue_lacking(p_lacking); end if;
  if p_gone <> '[]' then perform zoho_sync.forget_records(p_gone); end if;
  if p_credits <> '[]' then perform zoho_sync.book_credits(p_credits); end if;
  if p_accounts <> '[]' then perform zoho_sync.remember_accounts(p_accounts); end if;
  if p_links <> '[]' then perform zoho_sync.remember_links(p_links); end if;

  v_ours := array(
    select q.entity_id from public.zoho_sync_queue q
    join jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid)
      on q.entity_type = r.entity_type and q.entity_id = r.entity_id
    where q.status = 'in_flight' and q.lease_owner = p_worker);
  v_locked := zoho_sync.lock_for_settlement(p_worker, p_results);
  v_busy := array(select unnest(v_ours) except select unnest(v_locked.ready));
  v_taken := zoho_sync.taken_records(p_results);

  if p_results @? '$[*] ? (exists (@.record) || exists (@.state))' then
    perform zoho_sync.learn_late_records(p_results, v_ours, v_taken);
    perform zoho_sync.store_bases(p_results, v_locked.ready, v_taken);
    perform zoho_sync.settle_attempts(p_results, v_locked.ready, v_taken);
    perform zoho_sync.look_at_early_hints(p_results, v_locked.ready, v_taken);
  end if;
  if p_results @? '$[*].take_in' then v_left := zoho_sync.take_in_statuses(p_results, v_locked, v_taken); end if;
  perform zoho_sync.orphan_settled(p_results);
  perform zoho_sync.stamp_contracts(p_results, v_locked, v_taken || zoho_sync.refused_statuses(v_left));
  perform zoho_sync.close_hints(p_results, v_locked.ready, v_taken, v_left);
  v_settled := zoho_sync.finish_changes(p_results, v_locked.ready, v_taken, v_left);
  select v_settled + r.settled, r.again into v_settled, v_again
  from zoho_sync.return_changes(p_results, v_locked.ready, v_taken, v_left) r;
  perform zoho_sync.note_success(p_results);
  -- An answer that was not carried out stays, with its question.
  perform zoho_sync.ask_settled(p_results, array(select i.id from unnest(v_locked.ready) i (id)
    where i.id <> all (v_taken) and not v_left ? i.id::text));
  if p_links <> '[]' or p_asked <> '[]' then perform zoho_sync.ask_about_contacts(p_links, p_asked); end if;
  return jsonb_build_object(
    'settled', v_settled, 'again', v_again, 'busy', to_jsonb(v_busy),
    'lost', jsonb_array_length(p_results) - cardinality(v_ours), 'taken', cardinality(v_taken),
    'left', (select coalesce(jsonb_agg(k), '[]') from jsonb_object_keys(v_left) k));
end $$;

-- Customers with a new or another Contact: records written without it, or with the previous one, are requeued.
create or replace function zoho_sync.enqueue_found(p_links jsonb) returns void
language plpgsql set search_path = '' set enable_hashjoin = on as $$
begin
  -- A list beside a list: neither has an index.
  perform zoho_sync.enqueue(array_agg(e.entity_type), array_agg(e.entity_id), array_agg(1::smallint), array_agg('Contact found'::text))
  from (
    with found as materialized (
      select l.circletel_id, l.zoho_id from jsonb_to_recordset(p_links) l (circletel_id uuid, zoho_id text)
      where not exists (select from public.zoho_entity_mappings k
        where k.circletel_type = 'customer' and k.circletel_id = l.circletel_id and k.zoho_id = l.zoho_id))
    select distinct c.entity_type, c.entity_id
    from zoho_sync.customer_entities(array(select f.circletel_id from found f)) c
    join found f on f.circletel_id = c.customer_id
    join public.zoho_entity_mappings m on m.circletel_type = c.entity_type and m.circletel_id = c.entity_id
    where c.entity_type <> 'customer' and m.state = 'linked'
      and m.snapshot #>> '{Contact_Name,id}' is distinct from f.zoho_id) e;
end $$;

-- A record sent without its customer's Contact is requeued when there is one, which the customer's own change decides:
-- to begin now, unless it has failed and waits, or a person is asked. One that has ended meanwhile knew nothing of the record.
create or replace function zoho_sync.enqueue_lacking(p_lacking jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  perform zoho_sync.enqueue(array_agg(e.entity_type), array_agg(e.entity_id), array_agg(e.lane), array_agg('Contact not there yet'::text))
  from (
    with lacking as materialized (
      select l.*, exists (select from public.zoho_entity_mappings m
        where m.circletel_type = 'customer' and m.circletel_id = l.customer_id) as is_there
      from jsonb_to_recordset(p_lacking) l (entity_type text, entity_id uuid, customer_id uuid, lane smallint))
    select l.entity_type, l.entity_id, l.lane from lacking l where l.is_there
    union all
    select 'customer', l.customer_id, min(l.lane) from lacking l
    where not l.is_there
      and not exists (select from public.zoho_sync_queue q where q.entity_type = 'customer' and q.entity_id = l.customer_id)
      and not exists (select from public.zoho_questions n where n.entity_type = 'customer' and n.entity_id = l.customer_id
        and n.kind = 'contact_match' and n.closed_at is null)
    group by l.customer_id) e;
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

-- A locked state row is skipped, here and below: a claim that folds locks it and may wait for our queue
-- rows, and the next settlement makes up for it.
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
language plpgsql set search_path = '' as $$
begin
  insert into public.zoho_accounts (account_key, zoho_id, matched_by)
  select a.account_key, a.zoho_id, a.matched_by
  from jsonb_to_recordset(p_accounts) a (account_key text, zoho_id text, matched_by text)
  on conflict (account_key) do nothing;
end $$;

-- What is known of a Contact from Zoho is true whichever drain holds the lease. A Contact whose customer was deleted is skipped.
create or replace function zoho_sync.remember_links(p_links jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  delete from public.zoho_entity_mappings m
  using jsonb_to_recordset(p_links) l (circletel_id uuid, zoho_type text, zoho_id text)
  where m.zoho_type = l.zoho_type and m.zoho_id = l.zoho_id and m.circletel_id <> l.circletel_id and m.state = 'orphaned';
  insert into public.zoho_entity_mappings as m
    (circletel_type, circletel_id, zoho_type, zoho_id, snapshot, zoho_modified_at)
  select l.circletel_type, l.circletel_id, l.zoho_type, l.zoho_id, l.fields, l.modified_at
  from (
    -- One row for a customer and one for a Contact, whatever a batch brings.
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
    zoho_id = excluded.zoho_id,
    snapshot = case when m.zoho_id = excluded.zoho_id then m.snapshot || excluded.snapshot else excluded.snapshot end,
    zoho_modified_at = greatest(m.zoho_modified_at, excluded.zoho_modified_at), state = 'linked';
  perform zoho_sync.forget_erased(array(select l.circletel_id from jsonb_to_recordset(p_links) l (circletel_id uuid)));
  update public.zoho_sync_logs l set outcome = case l.status when 'success' then 'confirmed' else 'judged' end
  from jsonb_to_recordset(p_links) k (circletel_type text, circletel_id uuid)
  where l.entity_type = k.circletel_type and l.entity_id = k.circletel_id and l.outcome = 'unknown';
end $$;

-- Locks what a settlement writes and answers the entities that are ready: ours, and held by no other transaction.
create or replace function zoho_sync.lock_for_settlement(p_worker uuid, p_results jsonb) returns zoho_sync.settlement_locks
language plpgsql set search_path = '' as $$
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
  -- The others are not written to: their rows are only protected from deletion until the mapping is stored.
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
  -- The same for mappings, which a fold holds while it marks the records of deleted rows.
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
language plpgsql stable set search_path = '' as $$
begin
  return (
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
        where c.zoho_deal_id = r.record ->> 'zoho_id' and c.id <> r.entity_id)));
end $$;

-- A worker whose lease ran out may still teach us the id of a record that it made, never what the record holds now.
create or replace function zoho_sync.learn_late_records(p_results jsonb, p_ours uuid[], p_taken uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  insert into public.zoho_entity_mappings (circletel_type, circletel_id, zoho_type, zoho_id)
  select r.entity_type, r.entity_id, r.record ->> 'zoho_type', r.record ->> 'zoho_id'
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, record jsonb)
  where r.record is not null and r.entity_id <> all (p_ours) and r.entity_id <> all (p_taken)
  on conflict do nothing;
end $$;

-- What was learned of each record is its new base; for other fields the old base remains, if it is the same record.
create or replace function zoho_sync.store_bases(p_results jsonb, p_ready uuid[], p_taken uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  insert into public.zoho_entity_mappings as m
    (circletel_type, circletel_id, zoho_type, zoho_id, snapshot, agreed_status, revision, loops, zoho_modified_at)
  select r.entity_type, r.entity_id, b.zoho_type, b.zoho_id, b.fields, b.agreed_status, b.revision, b.loops, b.modified_at
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, record jsonb)
  cross join jsonb_to_record(r.record) b (
    zoho_type text, zoho_id text, fields jsonb, agreed_status text, revision text, loops jsonb, modified_at timestamptz)
  where r.record is not null and r.entity_id = any (p_ready) and r.entity_id <> all (p_taken)
  on conflict (circletel_type, circletel_id) do update set
    zoho_id = excluded.zoho_id, state = 'linked', agreed_status = excluded.agreed_status,
    revision = excluded.revision, loops = excluded.loops,
    snapshot = case when m.zoho_id = excluded.zoho_id then m.snapshot else '{}' end || excluded.snapshot,
    zoho_modified_at = greatest(m.zoho_modified_at, excluded.zoho_modified_at);
  -- Deleted in Zoho, or to be left alone from now on.
  update public.zoho_entity_mappings m set state = r.state
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, state text)
  where m.circletel_type = r.entity_type and m.circletel_id = r.entity_id and r.state is not null
    and m.state is distinct from r.state and r.entity_id = any (p_ready);
end $$;

-- A status is taken in only if the row is the very one that was decided about: it may have gone there and back. Each in a
-- savepoint of its own, for a business trigger may refuse it. Answers the entities whose status was not taken in:
-- {"<id>": null} where the row had changed, {"<id>": "23514"} where the database refused it.
create or replace function zoho_sync.take_in_statuses(
  p_results jsonb, p_locked zoho_sync.settlement_locks, p_taken uuid[]) returns jsonb
language plpgsql set search_path = '' as $$
declare
  r record;
  v_left jsonb := '{}';
begin
  -- A business trigger finds its tables as in a statement of the Data API.
  perform set_config('search_path', 'public, extensions', true);
  for r in
    select x.entity_id, t.* from jsonb_to_recordset(p_results) x (entity_type text, entity_id uuid, take_in jsonb)
    cross join jsonb_to_record(x.take_in) t (status text, row_version text, fields jsonb, agreed_status text, revision text)
    where x.entity_type = 'contract' and x.take_in is not null and x.entity_id = any (p_locked.ready)
      and x.entity_id <> all (p_taken)
    order by x.entity_id
  loop
    begin
      update public.contracts c set status = r.status, last_synced_at = now()
      where c.id = r.entity_id and c.id = any (p_locked.writable) and c.xmin::text = r.row_version;
      if found then
        update public.zoho_entity_mappings m
        set snapshot = m.snapshot || r.fields, agreed_status = r.agreed_status, revision = r.revision
        where m.circletel_type = 'contract' and m.circletel_id = r.entity_id;
      else
        v_left := v_left || jsonb_build_object(r.entity_id, null);
      end if;
    exception when others then
      -- The message of a check or a trigger may quote the row.
      v_left := v_left || jsonb_build_object(r.entity_id, sqlstate);
    end;
  end loop;
  return v_left;
end $$;

create or replace function zoho_sync.refused_statuses(p_left jsonb) returns uuid[]
language plpgsql immutable set search_path = '' as $$
begin
  return (select coalesce(array_agg(l.key::uuid), '{}') from jsonb_each_text(p_left) l where l.value is not null);
end $$;

-- The base now knows of every attempt so far: a write that Zoho confirmed is in it, and one that a look did not show did not
-- arrive; if it arrives late, its revision shows it.
create or replace function zoho_sync.settle_attempts(p_results jsonb, p_ready uuid[], p_taken uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  update public.zoho_sync_logs l set outcome = case l.status when 'success' then 'confirmed' else 'judged' end
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, record jsonb)
  where l.entity_type = r.entity_type and l.entity_id = r.entity_id and l.outcome = 'unknown'
    and r.record is not null and r.entity_id = any (p_ready) and r.entity_id <> all (p_taken);
end $$;

-- Hints of a record that came before its mapping stood: it is looked at.
create or replace function zoho_sync.look_at_early_hints(p_results jsonb, p_ready uuid[], p_taken uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  with early as (
    update public.zoho_webhook_events e set status = 'received', reason = null, entity_type = r.entity_type, entity_id = r.entity_id
    from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, record jsonb)
    join zoho_sync.record_types() t on t.entity_type = r.entity_type
    where r.record is not null and r.entity_id = any (p_ready) and r.entity_id <> all (p_taken)
      and e.record_id = r.record ->> 'zoho_id' and e.module = t.module and e.status = 'unmapped'
    returning e.entity_type, e.entity_id)
  update public.zoho_sync_queue q set version = q.version + 1, look = true
  from (select distinct * from early) e where q.entity_type = e.entity_type and q.entity_id = e.entity_id;
end $$;

-- What the hints came to. One that arrived after the claim, often the echo of the very write that is settled here, is not
-- told by it, nor one whose status is to be looked at again.
create or replace function zoho_sync.close_hints(p_results jsonb, p_ready uuid[], p_taken uuid[], p_left jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  with closed as materialized (
    select r.entity_type, r.entity_id, r.record, r.seen, r.questions, e.ending as outcome, e.fault as error, q.cause,
      q.version <> r.version as is_changed, r.claimed_at,
      e.ending = 'dead' and (e.ending <> r.outcome or coalesce(r.seen ->> 'outcome', '') <> 'applied') as has_failed
    from jsonb_to_recordset(p_results) r (
      entity_type text, entity_id uuid, version bigint, claimed_at timestamptz, outcome text, record jsonb, error jsonb,
      seen jsonb, questions jsonb)
    join public.zoho_sync_queue q on q.entity_type = r.entity_type and q.entity_id = r.entity_id
    cross join lateral zoho_sync.end_of(r.entity_id, r.outcome, r.error, r.record, p_taken, p_left) e
    where r.entity_id = any (p_ready)
      -- What was to be written was not, if it is tried again; a status was taken in all the same.
      and (r.seen is not null and e.ending = r.outcome and (r.outcome in ('done', 'dead') or r.seen ->> 'outcome' = 'applied')
        or e.ending in ('done', 'dead') and q.version = r.version)),
  told as (
    update public.zoho_webhook_events e set
      status = case when c.has_failed then 'failed' else coalesce(nullif(c.seen ->> 'outcome', 'linked'), 'nothing_new') end,
      reason = coalesce(case when c.has_failed then c.error ->> 'message' end, c.seen ->> 'reason',
        'Zoho already has CircleTel''s values'),
      applied_at = clock_timestamp()
    from closed c
    where e.entity_type = c.entity_type and e.entity_id = c.entity_id and e.status = 'received'
      and (not c.is_changed or not c.has_failed and e.received_at <= c.claimed_at)
    returning e.id, e.entity_id)
  insert into public.zoho_sync_logs
    (entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number, error_message,
     response_payload, cause, finished_at)
  select c.entity_type, c.entity_id, zoho_sync.zoho_type_of(c.entity_type), c.record ->> 'zoho_id', 'success', 1,
    c.seen ->> 'reason', (c.seen -> 'details') || jsonb_build_object('outcome', c.seen ->> 'outcome'), c.cause, now()
  from closed c
  where c.seen is not null and c.seen ->> 'outcome' not in ('nothing_new', 'ignored') and not c.has_failed
    -- A question is logged when it is asked, not at each look that finds it open.
    and (c.seen ->> 'outcome' not in ('question', 'gone')
      or exists (select from zoho_sync.unasked(c.entity_type, c.entity_id, c.questions)));
end $$;

-- Rows that were deleted while their record was being made: the fold found no mapping to mark.
create or replace function zoho_sync.orphan_settled(p_results jsonb) returns void
language plpgsql set search_path = '' as $$
begin
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
end $$;

-- All in one update; if a business trigger refuses that, one by one, with a notice for those that stay without the id.
create or replace function zoho_sync.stamp_contracts(p_results jsonb, p_locked zoho_sync.settlement_locks, p_taken uuid[])
returns void
language plpgsql set search_path = '' as $$
declare
  v_ids uuid[] := array(
    select r.entity_id from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, outcome text, in_part boolean)
    where r.entity_type = 'contract' and (r.outcome = 'done' or r.in_part) and r.entity_id = any (p_locked.writable)
      and r.entity_id = any (p_locked.ready) and r.entity_id <> all (p_taken));
  v_id uuid;
begin
  perform zoho_sync.stamp(v_ids);
exception when others then
  foreach v_id in array v_ids loop
    begin
      perform zoho_sync.stamp(array[v_id]);
    exception when others then
      perform zoho_sync.notice_refused_deal_id(v_id, sqlstate);
    end;
  end loop;
end $$;

create or replace function zoho_sync.stamp(p_ids uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  -- A business trigger finds its tables as in a statement of the Data API.
  perform set_config('search_path', 'public, extensions', true);
  update public.contracts c
  set zoho_deal_id = m.zoho_id, last_synced_at = now()
  from public.zoho_entity_mappings m
  where m.circletel_type = 'contract' and m.circletel_id = c.id and m.zoho_type = 'Deals' and m.state = 'linked'
    and c.id = any (p_ids);
end $$;

-- Changes that are done leave the queue, unless they were marked again since the claim. Answers how many.
create or replace function zoho_sync.finish_changes(p_results jsonb, p_ready uuid[], p_taken uuid[], p_left jsonb)
returns integer
language plpgsql set search_path = '' as $$
declare
  v_count integer;
begin
  delete from public.zoho_sync_queue q
  using jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid, version bigint, outcome text)
  where q.entity_type = r.entity_type and q.entity_id = r.entity_id and q.version = r.version
    and r.outcome = 'done' and q.entity_id = any (p_ready) and q.entity_id <> all (p_taken)
    and not p_left ? q.entity_id::text;
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- How a change ends once it is known which records are taken and which statuses were not taken in: one whose row had
-- changed is looked at again, one whose status the database refused is for a person.
create or replace function zoho_sync.end_of(
  p_entity_id uuid, p_outcome text, p_error jsonb, p_record jsonb, p_taken uuid[], p_left jsonb,
  out ending text, out fault jsonb)
language sql immutable set search_path = '' as $$
  select
    case
      when p_entity_id = any (p_taken) or p_left ->> p_entity_id::text is not null then 'dead'
      when p_left ? p_entity_id::text then 'release'
      else p_outcome end,
    case
      when p_entity_id = any (p_taken) then jsonb_build_object('code', 'RECORD_TAKEN', 'message',
        'Zoho record ' || (p_record ->> 'zoho_id') || ' already belongs to another entity')
      when p_left ->> p_entity_id::text is not null then jsonb_build_object('code', 'STATUS_REFUSED', 'message', format(
        'The database refused the status that the Deal''s stage asks for (%s). See docs/errors/STATUS_REFUSED.md',
        p_left ->> p_entity_id::text))
      -- Of one that is handed back, why it waits.
      else p_error end;
$$;

-- The others go back with their outcome: again, later, or for a person.
create or replace function zoho_sync.return_changes(
  p_results jsonb, p_ready uuid[], p_taken uuid[], p_left jsonb, out settled integer, out again integer)
language plpgsql set search_path = '' as $$
begin
  with ends as (
    select r.*, q.version <> r.version as is_changed, e.ending, e.fault
    from jsonb_to_recordset(p_results) r (
      entity_type text, entity_id uuid, version bigint, outcome text, retry_in_seconds double precision, look boolean,
      error jsonb, record jsonb)
    join public.zoho_sync_queue q on q.entity_type = r.entity_type and q.entity_id = r.entity_id
    cross join lateral zoho_sync.end_of(r.entity_id, r.outcome, r.error, r.record, p_taken, p_left) e
    where q.entity_id = any (p_ready)),
  returned as (
    update public.zoho_sync_queue q
    set lease_owner = null, lease_until = null,
      status = case when not e.is_changed and e.ending = 'dead' then 'dead' else 'pending' end,
      failed_rounds = case
        when e.is_changed then 0
        when e.ending in ('retry', 'dead') then q.failed_rounds + 1
        else q.failed_rounds end,
      next_attempt_at = case
        when e.is_changed or p_left ? q.entity_id::text then now()
        when e.retry_in_seconds is not null or e.ending = 'retry'
          then now() + make_interval(secs => coalesce(e.retry_in_seconds, 60))
        else q.next_attempt_at end,
      look = q.look and (e.is_changed or e.ending <> 'done') or coalesce(e.look, false) or p_left ? q.entity_id::text,
      forced = q.forced and (e.is_changed or e.ending <> 'done'),
      error_code = coalesce(e.fault ->> 'code', q.error_code),
      error_field = case when e.fault is null then q.error_field else e.fault ->> 'field' end,
      error_message = coalesce(e.fault ->> 'message', q.error_message)
    from ends e
    where q.entity_type = e.entity_type and q.entity_id = e.entity_id
    returning e.is_changed as changed)
  select count(*), count(*) filter (where s.changed) into settled, again from returned s;
end $$;

-- A call went well: one more at a time, and a pause that is over is forgotten.
create or replace function zoho_sync.note_success(p_results jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  if not p_results @> '[{"outcome": "done"}]' then return; end if;
  update public.zoho_sync_state s set concurrency = s.concurrency + 1
  where s.id in (select f.id from public.zoho_sync_state f where f.concurrency < 10 for update skip locked);
  perform from public.zoho_sync_state s where s.pause_count > 0 and s.paused_until <= now() for update skip locked;
  if found then perform zoho_sync.end_pause(); end if;
end $$;
