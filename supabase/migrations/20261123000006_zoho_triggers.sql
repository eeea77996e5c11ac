-- What makes a contract's record stale. Per statement with transition tables, so an update of 10,000 rows is one
-- set-based insert. Security definer: whoever edits a contract need not be allowed to write the queue.
--
-- A statement only notes what is stale; the queue row is written at commit. A queue row is locked by whoever
-- enqueues it, and a transaction that edits a quote and then its contract, beside one that edits the contract,
-- would deadlock on the two locks. At commit no business lock is waited for any more.

-- A note for each statement lives from there to the commit of its own transaction, so the table needs no WAL.
create unlogged table if not exists zoho_sync.stale (
  txid xid8 not null default pg_current_xact_id(),
  contract_ids uuid[] not null,
  lane smallint not null,
  cause text not null
);
-- 10,000 ids are 160 kB; compressing what lives for milliseconds is lost work.
alter table zoho_sync.stale alter column contract_ids set storage external;
create index if not exists stale_txid_idx on zoho_sync.stale (txid);
alter table zoho_sync.stale enable row level security;

-- The inward way sets this for its own transaction: its update of a contract is no news for Zoho.
create or replace function zoho_sync.is_inward() returns boolean
language sql stable set search_path = '' as $$
  select coalesce(current_setting('zoho_sync.inward', true), '') = 'on';
$$;
revoke all on function zoho_sync.is_inward() from public;

create or replace function zoho_sync.mark_stale(p_ids uuid[], p_lane smallint, p_cause text) returns void
language sql set search_path = '' as $$
  insert into zoho_sync.stale (contract_ids, lane, cause)
  select p_ids, p_lane, p_cause where cardinality(p_ids) > 0 and not zoho_sync.is_inward();
$$;

-- At commit: the mappings of deleted contracts are marked and their changes removed. Mappings before queue rows, as
-- everywhere.
create or replace function zoho_sync.orphan_deleted(p_ids uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  if cardinality(p_ids) = 0 then return; end if;
  with gone as (
    select m.id from public.zoho_entity_mappings m
    where m.circletel_type = 'contract' and m.circletel_id = any (p_ids)
      and not exists (select from public.contracts c where c.id = m.circletel_id)
    order by m.circletel_id for update)
  update public.zoho_entity_mappings m set state = 'orphaned' from gone g where m.id = g.id;
  delete from public.zoho_sync_queue q
  where q.entity_type = 'contract' and q.entity_id = any (p_ids)
    and not exists (select from public.contracts c where c.id = q.entity_id);
  -- No mapping, yet an attempt of which nobody knows the end: its Deal may stand in Zoho. After the queue row, whose
  -- lock an attempt that is just being opened holds.
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, message)
  select distinct on (l.entity_id) 'orphaned', 'contract', l.entity_id, 'Deals',
    'Contract ' || (l.request_payload ->> 'Contract_Number')
      || ' was deleted in CircleTel while its Deal was being made; look for it in Zoho'
  from public.zoho_sync_logs l
  where l.entity_type = 'contract' and l.entity_id = any (p_ids) and l.zoho_entity_type = 'Deals'
    and l.request_payload ? 'Contract_Number'
    and (l.status <> 'failed' or l.error_message ~ '^(INTERRUPTED|TIMEOUT|NETWORK|UNREADABLE|HTTP_5|INTERNAL)')
    and not exists (select from public.zoho_entity_mappings m
      where m.circletel_type = 'contract' and m.circletel_id = l.entity_id)
    and not exists (select from public.contracts c where c.id = l.entity_id);
end $$;

-- At commit: this transaction's notes become queue rows, and the doorbell rings.
create or replace function zoho_sync.fold_stale() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_enqueued integer;
begin
  perform zoho_sync.orphan_deleted(array(
    select i.contract_id from zoho_sync.stale s cross join lateral unnest(s.contract_ids) i (contract_id)
    where s.txid = pg_current_xact_id() and s.cause = 'contracts delete'));
  with mine as (
    delete from zoho_sync.stale s where s.txid = pg_current_xact_id()
    returning s.contract_ids, s.lane, s.cause),
  once as (
    select distinct on (i.contract_id) i.contract_id, m.lane, m.cause
    from mine m cross join lateral unnest(m.contract_ids) i (contract_id)
    order by i.contract_id, m.lane)
  -- One statement for all lanes, in the order of ids: two commits lock the queue in the same order.
  select zoho_sync.enqueue_stale(array_agg(o.contract_id), array_agg(o.lane), array_agg(o.cause))
  into v_enqueued from once o;
  if v_enqueued > 0 then
    perform zoho_sync.ring_doorbell();
  end if;
  return null;
end $$;

drop trigger if exists fold_stale on zoho_sync.stale;
create constraint trigger fold_stale after insert on zoho_sync.stale
  deferrable initially deferred for each row
  execute function zoho_sync.fold_stale();

revoke all on function zoho_sync.mark_stale(uuid[], smallint, text), zoho_sync.fold_stale(),
  zoho_sync.orphan_deleted(uuid[]) from public;

-- Our own write-backs (zoho_deal_id, last_synced_at) and updated_at are not among the compared columns.
create or replace function zoho_sync.contracts_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    perform zoho_sync.mark_stale(array(select n.id from new_rows n), 0::smallint, 'contracts insert');
    return null;
  end if;
  perform zoho_sync.mark_stale(array(
    select n.id from new_rows n join old_rows o on o.id = n.id
    where (n.contract_number, n.status, n.total_contract_value, n.start_date, n.fully_signed_date, n.created_at,
        n.quote_id, n.customer_id, n.kyc_session_id)
      is distinct from
      (o.contract_number, o.status, o.total_contract_value, o.start_date, o.fully_signed_date, o.created_at,
        o.quote_id, o.customer_id, o.kyc_session_id)), 0::smallint, 'contracts update');
  return null;
end $$;

-- A row deleted in CircleTel leaves its Zoho record alone: an operator is told. Nothing is locked before the commit.
create or replace function zoho_sync.contracts_deleted() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
  select 'orphaned', 'contract', o.id, m.zoho_type, m.zoho_id,
    'Contract ' || o.contract_number || ' was deleted in CircleTel; its Deal was left as it is'
  from old_rows o
  join public.zoho_entity_mappings m on m.circletel_type = 'contract' and m.circletel_id = o.id;
  perform zoho_sync.mark_stale(array(select o.id from old_rows o), 0::smallint, 'contracts delete');
  return null;
end $$;

-- Only company and customer reach a contract's record; a quote has no contract yet when it is inserted.
create or replace function zoho_sync.quotes_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform zoho_sync.mark_stale(array(
    select c.id from new_rows n
    join old_rows o on o.id = n.id
    join public.contracts c on c.quote_id = n.id
    where (n.company_name, n.customer_id) is distinct from (o.company_name, o.customer_id)),
    1::smallint, 'business_quotes update');
  return null;
end $$;

create or replace function zoho_sync.customers_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform zoho_sync.mark_stale(array(
    with changed as (
      select n.id from new_rows n join old_rows o on o.id = n.id
      where (n.first_name, n.last_name, n.email, n.business_name, n.account_type)
        is distinct from (o.first_name, o.last_name, o.email, o.business_name, o.account_type))
    select c.id from public.contracts c join changed ch on ch.id = c.customer_id
    union
    select c.id from public.contracts c
    join public.business_quotes q on q.id = c.quote_id
    join changed ch on ch.id = q.customer_id), 1::smallint, 'customers update');
  return null;
end $$;

-- The contracts that a KYC session speaks for (contract_sources): those that name it, and those that name none
-- and hang on its quote. A session without a contract is a valid state: nothing is queued.
create or replace function zoho_sync.mark_sessions_stale(p_session_ids uuid[], p_quote_ids uuid[], p_cause text) returns void
language sql set search_path = '' as $$
  select zoho_sync.mark_stale(array(
    select c.id from public.contracts c where c.kyc_session_id = any (p_session_ids)
    union
    select c.id from public.contracts c where c.kyc_session_id is null and c.quote_id = any (p_quote_ids)),
    0::smallint, p_cause);
$$;

create or replace function zoho_sync.kyc_sessions_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_sessions uuid[];
  v_quotes uuid[];
begin
  if tg_op = 'INSERT' then
    select array_agg(n.id), array_agg(n.quote_id) into v_sessions, v_quotes from new_rows n;
  elsif tg_op = 'DELETE' then
    select array_agg(o.id), array_agg(o.quote_id) into v_sessions, v_quotes from old_rows o;
  else
    select array_agg(n.id), array_agg(n.quote_id) || array_agg(o.quote_id) into v_sessions, v_quotes
    from new_rows n join old_rows o on o.id = n.id
    where (n.status, n.verification_result, n.risk_tier, n.completed_at, n.quote_id, n.created_at)
      is distinct from (o.status, o.verification_result, o.risk_tier, o.completed_at, o.quote_id, o.created_at);
  end if;
  if v_sessions is null then return null; end if;
  perform zoho_sync.mark_sessions_stale(v_sessions, v_quotes, 'kyc_sessions ' || lower(tg_op));
  return null;
end $$;

create or replace function zoho_sync.rica_submissions_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_sessions uuid[];
begin
  if tg_op = 'INSERT' then
    select array_agg(n.kyc_session_id) into v_sessions from new_rows n where n.kyc_session_id is not null;
  elsif tg_op = 'DELETE' then
    select array_agg(o.kyc_session_id) into v_sessions from old_rows o where o.kyc_session_id is not null;
  else
    select array_agg(s) into v_sessions
    from new_rows n join old_rows o on o.id = n.id
    cross join lateral unnest(array[n.kyc_session_id, o.kyc_session_id]) s
    where (n.status, n.kyc_session_id, n.created_at) is distinct from (o.status, o.kyc_session_id, o.created_at)
      and s is not null;
  end if;
  if v_sessions is null then return null; end if;
  perform zoho_sync.mark_sessions_stale(v_sessions,
    array(select s.quote_id from public.kyc_sessions s where s.id = any (v_sessions)),
    'rica_submissions ' || lower(tg_op));
  return null;
end $$;

revoke all on function zoho_sync.contracts_changed(), zoho_sync.contracts_deleted(), zoho_sync.quotes_changed(),
  zoho_sync.customers_changed(), zoho_sync.mark_sessions_stale(uuid[], uuid[], text),
  zoho_sync.kyc_sessions_changed(), zoho_sync.rica_submissions_changed() from public;

-- One name per table and event; re-created so that the file can meet triggers of an earlier installation.
do $$
declare
  t record;
begin
  for t in select * from (values
    ('contracts', 'insert', 'contracts_changed', 'new table as new_rows'),
    ('contracts', 'update', 'contracts_changed', 'old table as old_rows new table as new_rows'),
    ('contracts', 'delete', 'contracts_deleted', 'old table as old_rows'),
    ('business_quotes', 'update', 'quotes_changed', 'old table as old_rows new table as new_rows'),
    ('customers', 'update', 'customers_changed', 'old table as old_rows new table as new_rows'),
    ('kyc_sessions', 'insert', 'kyc_sessions_changed', 'new table as new_rows'),
    ('kyc_sessions', 'update', 'kyc_sessions_changed', 'old table as old_rows new table as new_rows'),
    ('kyc_sessions', 'delete', 'kyc_sessions_changed', 'old table as old_rows'),
    ('rica_submissions', 'insert', 'rica_submissions_changed', 'new table as new_rows'),
    ('rica_submissions', 'update', 'rica_submissions_changed', 'old table as old_rows new table as new_rows'),
    ('rica_submissions', 'delete', 'rica_submissions_changed', 'old table as old_rows')
  ) v (tbl, event, fn, transition)
  loop
    execute format('drop trigger if exists zoho_sync_%s on public.%I', t.event, t.tbl);
    execute format('create trigger zoho_sync_%s after %s on public.%I referencing %s '
      'for each statement execute function zoho_sync.%I()', t.event, t.event, t.tbl, t.transition, t.fn);
  end loop;
end $$;

-- The triggers and contract_sources go through these columns. Production may have an index under another name.
do $$
declare
  i record;
begin
  for i in select * from (values
    ('contracts', 'quote_id'), ('contracts', 'customer_id'), ('contracts', 'kyc_session_id'),
    ('business_quotes', 'customer_id'), ('kyc_sessions', 'quote_id'), ('rica_submissions', 'kyc_session_id')
  ) v (tbl, col)
  loop
    if not exists (
      select from pg_catalog.pg_index x
      join pg_catalog.pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]
      where x.indrelid = format('public.%I', i.tbl)::regclass and a.attname = i.col and x.indpred is null)
    then
      execute format('create index %I on public.%I (%I)', i.tbl || '_' || i.col || '_idx', i.tbl, i.col);
    end if;
  end loop;
end $$;
