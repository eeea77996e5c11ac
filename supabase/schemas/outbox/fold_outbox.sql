-- Moves notes from the outbox to the queue: deletes the rows it takes, resolves which entities they concern as things are
-- now, and enqueues those. Answers how many rows it took; 0 when the outbox is empty. Runs in claim, sweep and status.
--
-- One fold at a time: one that skipped what another is folding could find nothing due, and let the drain end.
--
-- Where a column that it reads was renamed or dropped, the notes stay and a notice says so: what is queued already is
-- worked on, the page still opens, and the first fold after the correction takes them.
create or replace function zoho_sync.fold_outbox(p_most_ids integer default 20000) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off as $$
declare
  v_notes zoho_sync.outbox[];
  v_fault text;
begin
  if not exists (select from zoho_sync.outbox) then return 0; end if;
  -- A claim holds the state row when it folds, so every fold takes it first. Whether this one will write it is not known yet:
  -- a note of rows without a name may be committed while the other lock is waited for.
  perform zoho_sync.lock_state();
  perform pg_advisory_xact_lock(hashtextextended('zoho_sync.fold_outbox', 0));
  begin
    v_notes := zoho_sync.take_notes(p_most_ids);
    -- Mappings before queue rows, as everywhere.
    perform zoho_sync.orphan_missing(array_agg(t.entity_type), array_agg(i.id), true)
    from unnest(v_notes) n
    join zoho_sync.record_types() t on t.source_table = n.source_table
    cross join lateral unnest(n.ids) i (id)
    -- A row that got another id is gone under the old one.
    where n.operation = 'DELETE' or (n.operation = 'UPDATE' and coalesce('id' = any (n.changed), true));
    perform zoho_sync.note_unknown_rows(v_notes);
    perform zoho_sync.enqueue(array_agg(m.entity_type), array_agg(m.entity_id), array_agg(m.lane), array_agg(m.cause),
      p_at => array_agg(m.noted_at))
    from zoho_sync.marks_of(v_notes) m;
    perform zoho_sync.note_searched(v_notes);
    return cardinality(v_notes);
  exception when syntax_error_or_access_rule_violation then
    -- Class 42: the message names identifiers, never a value.
    v_fault := format('changes are noted and cannot be resolved (%s %s); they wait until that is corrected', sqlstate, sqlerrm);
  end;
  insert into public.zoho_notices (kind, message)
  select 'fold_fault', v_fault
  where not exists (
    select from public.zoho_notices n
    where n.kind = 'fold_fault' and n.message = v_fault and n.acknowledged_at is null);
  return 0;
end $$;

-- Oldest first, up to so many ids, and at least one row.
create or replace function zoho_sync.take_notes(p_most_ids integer) returns zoho_sync.outbox[]
language plpgsql set search_path = '' as $$
declare
  v_notes zoho_sync.outbox[];
begin
  with counted as (
    select o.id, row_number() over (order by o.id) as place,
      sum(1 + coalesce(cardinality(o.ids), 0) + coalesce(cardinality(o.owners), 0)) over (order by o.id) as ids
    from (select * from zoho_sync.outbox order by id limit 5000) o),
  taken as (
    delete from zoho_sync.outbox o using counted c
    where o.id = c.id and (c.place = 1 or c.ids <= p_most_ids)
    returning o as note)
  select coalesce(array_agg(t.note order by (t.note).id), '{}') into v_notes from taken t;
  return v_notes;
end $$;

-- The entities that notes concern, each once: its most urgent lane, the newest cause in it, and since when it is stale.
create or replace function zoho_sync.marks_of(p_notes zoho_sync.outbox[])
returns table (entity_type text, entity_id uuid, lane smallint, cause text, noted_at timestamptz)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with notes as (
    select n.*, w.lane, n.source_table || ' ' || lower(n.operation) as cause
    from unnest(p_notes) n join zoho_sync.watched_tables() w on w.source_table = n.source_table),
  ids as materialized (
    select n.source_table, n.operation, n.changed, n.lane, n.cause, n.noted_at, i.id
    from notes n cross join lateral unnest(n.ids) i (id)),
  owners as materialized (
    select n.source_table, n.changed, n.lane, n.cause, n.noted_at, o.id
    from notes n cross join lateral unnest(n.owners) o (id)),
  -- The KYC sessions that changed or whose RICA registration did, and the quotes that they hang on.
  sessions as (
    select i.id, i.lane, i.cause, i.noted_at from ids i where i.source_table = 'kyc_sessions'
    union all
    select o.id, o.lane, o.cause, o.noted_at from owners o where o.source_table = 'rica_submissions'),
  session_quotes as (
    select o.id, o.lane, o.cause, o.noted_at from owners o where o.source_table = 'kyc_sessions'
    union all
    select s.quote_id, o.lane, o.cause, o.noted_at
    from owners o join public.kyc_sessions s on s.id = o.id where o.source_table = 'rica_submissions'),
  marks as (
    select t.entity_type, i.id as entity_id, i.lane, i.cause, i.noted_at
    from ids i join zoho_sync.record_types() t on t.source_table = i.source_table
    where i.source_table <> 'customers'
    union all
    select 'quote', o.id, o.lane, o.cause, o.noted_at
    from owners o where o.source_table in ('business_quote_items', 'kyc_sessions')
    union all
    -- A contract that names a session is judged by that one; otherwise by the newest of its quote.
    select 'contract', c.id, s.lane, s.cause, s.noted_at from sessions s join public.contracts c on c.kyc_session_id = s.id
    union all
    select 'contract', c.id, q.lane, q.cause, q.noted_at
    from session_quotes q join public.contracts c on c.quote_id = q.id where c.kyc_session_id is null
    union all
    -- Only company and customer of a quote reach its contracts; and a contract that does not say when it was made closes on
    -- the day on which its quote lapses. What names a row that was just inserted has a note of its own.
    select 'contract', c.id, i.lane, i.cause, i.noted_at
    from ids i join public.contracts c on c.quote_id = i.id
    where i.source_table = 'business_quotes' and i.operation <> 'INSERT' and (coalesce(i.changed && '{company_name,customer_id}', true)
      or (i.changed && '{valid_until}' and c.created_at is null))
    union all
    select e.entity_type, e.entity_id, i.lane, i.cause, i.noted_at
    from ids i join zoho_sync.customer_entities(array(select c.id from ids c where c.source_table = 'customers')) e
      on e.customer_id = i.id
    where i.source_table = 'customers' and (i.operation <> 'INSERT' or e.entity_type = 'customer')
      and coalesce(i.changed && '{first_name,last_name,email,business_name,account_type}', true)
    union all
    -- A customer whom a quote or contract names goes to the CRM from then on, and the invoices with them; one without a
    -- business of their own is billed under the company of their newest quote.
    select 'invoice', v.id, o.lane, o.cause, o.noted_at
    from owners o
    join public.customers cu on cu.id = o.id
    join public.customer_invoices v on v.customer_id = cu.id
    where o.source_table in ('contracts', 'business_quotes')
      and coalesce(o.changed && '{customer_id,company_name,created_at}', true)
      and (cu.account_type is distinct from 'business' or coalesce(btrim(cu.business_name), '') = '')
    union all
    -- The quote or contract brings their Contact along, but not while it has no number or its kind is switched off.
    select 'customer', cu.id, o.lane, o.cause, o.noted_at
    from owners o join public.customers cu on cu.id = o.id
    where o.source_table in ('contracts', 'business_quotes') and coalesce(o.changed && '{customer_id}', true)
      and cu.account_type is distinct from 'business'
    union all
    select w.entity_type, w.entity_id, 1::smallint, n.cause, n.noted_at
    from zoho_sync.mended_companies(array(
      select i.id from ids i where i.source_table in ('business_quotes', 'customers')
        and coalesce(i.changed && '{registration_number,vat_number,business_registration,tax_number}', true))) k
    join zoho_sync.account_waits w on w.account_key = k.account_key
    cross join lateral (select i.cause, i.noted_at from ids i where i.id = k.row_id limit 1) n)
  select distinct on (m.entity_type, m.entity_id) m.entity_type, m.entity_id, m.lane, m.cause,
    min(m.noted_at) over (partition by m.entity_type, m.entity_id)
  from marks m
  order by m.entity_type, m.entity_id, m.lane, m.noted_at desc;
end $$;

-- The companies of these quotes and customers that wait for an answer about their Account: a corrected number may
-- answer it.
create or replace function zoho_sync.mended_companies(p_ids uuid[]) returns table (row_id uuid, account_key text)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select q.id, zoho_sync.account_key(q.company_name, null, null) from public.business_quotes q
  where q.id = any (p_ids) and exists (select from zoho_sync.account_waits)
  union all
  select c.id, zoho_sync.account_key(c.business_name, null, null) from public.customers c
  where c.id = any (p_ids) and exists (select from zoho_sync.account_waits);
end $$;

-- Rows that cannot be identified: the next reconcile compares everything, and records whose row is gone are orphans.
create or replace function zoho_sync.note_unknown_rows(p_notes zoho_sync.outbox[]) returns void
language plpgsql set search_path = '' as $$
begin
  if not exists (select from unnest(p_notes) n where n.ids is null or not n.is_exact) then return; end if;
  update public.zoho_sync_state s set full_reconcile_due = true where s.id;
  insert into public.zoho_notices (kind, message)
  select distinct 'truncated', format('%s was emptied with TRUNCATE; the next reconcile compares everything', n.source_table)
  from unnest(p_notes) n where n.operation = 'TRUNCATE';
  perform zoho_sync.orphan_missing(array_agg(m.circletel_type), array_agg(m.circletel_id), false)
  from (select distinct n.source_table from unnest(p_notes) n where n.ids is null) n
  join zoho_sync.record_types() t on t.source_table = n.source_table
  join public.zoho_entity_mappings m on m.circletel_type = t.entity_type;
end $$;

-- Of these entities, those whose row is gone: the mapping is marked, the change removed, questions and hints are over. The
-- record in Zoho is left alone. Each gets a notice, unless there is one notice for all of them.
create or replace function zoho_sync.orphan_missing(p_types text[], p_ids uuid[], p_with_notices boolean) returns void
language plpgsql set search_path = '' as $$
declare
  v_types text[];
  v_ids uuid[];
begin
  select array_agg(g.entity_type), array_agg(g.entity_id) into v_types, v_ids
  from zoho_sync.missing_entities(p_types, p_ids) g;
  if v_ids is null then return; end if;
  with orphans as (
    select m.id from public.zoho_entity_mappings m
    join unnest(v_types, v_ids) g (entity_type, id) on m.circletel_type = g.entity_type and m.circletel_id = g.id
    where m.state <> 'orphaned'
    order by m.circletel_id for update of m),
  marked as (
    update public.zoho_entity_mappings m set state = 'orphaned' from orphans o where m.id = o.id returning m.*)
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
  select 'orphaned', m.circletel_type, m.circletel_id, m.zoho_type, m.zoho_id,
    concat_ws(' ', t.label, m.snapshot ->> t.reference,
      format('was deleted in CircleTel; its %s was left as it is', t.record))
  from marked m join zoho_sync.record_types() t on t.entity_type = m.circletel_type
  where p_with_notices;
  delete from public.zoho_sync_queue q using unnest(v_types, v_ids) g (entity_type, id)
  where q.entity_type = g.entity_type and q.entity_id = g.id;
  update public.zoho_questions q set closed_at = now(), closed_because = 'over'
  from unnest(v_types, v_ids) g (entity_type, id)
  where q.entity_type = g.entity_type and q.entity_id = g.id and q.closed_at is null
    -- Its records are in Zoho still.
    and q.kind <> 'person_erased';
  update public.zoho_webhook_events e set status = 'ignored', reason = format('The %s was deleted in CircleTel', g.entity_type),
    applied_at = clock_timestamp()
  from unnest(v_types, v_ids) g (entity_type, id)
  where e.entity_type = g.entity_type and e.entity_id = g.id and e.status = 'received';
  delete from zoho_sync.record_holds h using unnest(v_types, v_ids) g (entity_type, id)
  where h.entity_type = g.entity_type and h.entity_id = g.id;
  perform zoho_sync.note_possible_records(v_types, v_ids);
end $$;

-- No mapping, yet an attempt whose outcome is not known: the record may be in Zoho. After the queue row is gone, whose lock
-- an attempt that is just being opened holds.
create or replace function zoho_sync.note_possible_records(p_types text[], p_ids uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, message)
  select distinct on (l.entity_id) 'orphaned', l.entity_type, l.entity_id, l.zoho_entity_type,
    format('%s %s was deleted in CircleTel while its %s was being made; look for it in Zoho',
      t.label, l.request_payload ->> t.reference, t.record)
  from unnest(p_types, p_ids) g (entity_type, id)
  join zoho_sync.record_types() t on t.entity_type = g.entity_type
  join public.zoho_sync_logs l on l.entity_type = g.entity_type and l.entity_id = g.id
    and l.zoho_entity_type = t.zoho_type
  where l.request_payload ? t.reference
    and (l.status <> 'failed' or l.error_message ~ '^(INTERRUPTED|TIMEOUT|NETWORK|UNREADABLE|HTTP_5|INTERNAL)')
    and not exists (select from public.zoho_entity_mappings m
      where m.circletel_type = l.entity_type and m.circletel_id = l.entity_id);
end $$;

-- The fold and the sources go through these columns.
do $$
begin
  perform zoho_sync.ensure_index(i.tbl || '_' || i.col || '_idx', i.tbl, i.col)
  from (values ('contracts', 'quote_id'), ('contracts', 'customer_id'), ('contracts', 'kyc_session_id'),
    ('business_quotes', 'customer_id'), ('business_quote_items', 'quote_id'), ('kyc_sessions', 'quote_id'),
    ('rica_submissions', 'kyc_session_id'), ('customer_invoices', 'customer_id')) i (tbl, col);
end $$;
