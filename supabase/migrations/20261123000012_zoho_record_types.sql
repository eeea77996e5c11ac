-- Quotes, customers and invoices go the way that contracts go: the same queue, claim, attempts and settlement, with
-- sources and triggers of their own.

-- Which kinds of record are kept in step. One that is off is not queued, and settled without a call if it is.
alter table public.zoho_sync_state
  add column if not exists synced_types text[] not null default '{contract,quote,customer,invoice}'
    check (synced_types <@ '{contract,quote,customer,invoice}');

-- What an entity is called, and its record in Zoho; `reference` is the unique field that a lost create is found by.
create or replace function zoho_sync.record_types()
returns table (entity_type text, label text, zoho_type text, module text, record text, reference text)
language sql immutable set search_path = '' as $$
  values
    ('contract', 'Contract', 'Deals', 'Deals', 'Deal', 'Contract_Number'),
    ('quote', 'Quote', 'Estimates', 'Quotes', 'Estimate', 'Quote_Reference'),
    ('customer', 'Customer', 'Contacts', 'Contacts', 'Contact', null),
    ('invoice', 'Invoice', 'Invoices', 'Invoices', 'Invoice', 'Invoice_Reference');
$$;

-- The customers that go to the CRM: businesses, and whoever has a quote or a contract. Consumers never do (POPIA).
create or replace view zoho_sync.crm_customers with (security_invoker = true) as
  select cu.id, cu.first_name, cu.last_name, cu.email, cu.business_name from public.customers cu
  where cu.account_type is distinct from 'internal_test'
    and (cu.account_type = 'business'
      or exists (select from public.business_quotes q where q.customer_id = cu.id)
      or exists (select from public.contracts c where c.customer_id = cu.id));

-- Everything whose record shows the customer: as Contact, or by the name of the Account.
create or replace view zoho_sync.customer_entities with (security_invoker = true) as
  select cu.id as customer_id, 'customer' as entity_type, cu.id as entity_id from public.customers cu
  union all
  select c.customer_id, 'contract', c.id from public.contracts c
  union all
  select q.customer_id, 'contract', c.id from public.business_quotes q join public.contracts c on c.quote_id = q.id
  union all
  select q.customer_id, 'quote', q.id from public.business_quotes q
  union all
  select i.customer_id, 'invoice', i.id from public.customer_invoices i;

-- Products by the key that mapping/product.ts derives from a service's name. No row in CircleTel stands for one.
create table if not exists public.zoho_products (
  product_key text primary key,
  zoho_id text not null,
  matched_by text not null check (matched_by in ('found', 'created')),
  created_at timestamptz not null default now()
);
create index if not exists zoho_products_zoho_id_idx on public.zoho_products (zoho_id);
alter table public.zoho_products enable row level security;
revoke all on public.zoho_products from public, anon, authenticated;
grant select, delete on public.zoho_products to authenticated;
grant select, insert, update, delete on public.zoho_products to service_role;
drop policy if exists "active admins read products" on public.zoho_products;
create policy "active admins read products" on public.zoho_products
  for select to authenticated using ((select zoho_sync.is_active_admin()));
drop policy if exists "active admins unlink products" on public.zoho_products;
create policy "active admins unlink products" on public.zoho_products
  for delete to authenticated using ((select zoho_sync.is_active_admin()));

create or replace function public.zoho_known_products(p_keys text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_object_agg(p.product_key, p.zoho_id), '{}')
  from public.zoho_products p where p.product_key = any (p_keys);
$$;

create or replace function public.zoho_remember_products(p_products jsonb) returns void
language sql set search_path = '' as $$
  insert into public.zoho_products (product_key, zoho_id, matched_by)
  select p.product_key, p.zoho_id, p.matched_by
  from jsonb_to_recordset(p_products) p (product_key text, zoho_id text, matched_by text)
  order by p.product_key
  on conflict (product_key) do nothing;
$$;

-- Who stands behind an entity: the customer, the company's Account and the person's Contact as far as they are known.
-- The arrays go together; p_quote_customers is the customer of the entity's quote.
create or replace function zoho_sync.parties(
  p_ids uuid[], p_companies text[], p_customers uuid[], p_quote_customers uuid[])
returns table (entity_id uuid, party jsonb)
language sql stable set search_path = '' as $$
  select e.id, jsonb_build_object(
    'customer', case when cu.id is not null then jsonb_build_object(
      'id', cu.id, 'first_name', cu.first_name, 'last_name', cu.last_name, 'email', cu.email,
      'business_name', cu.business_name) end,
    'internal_test', coalesce(cu.account_type = 'internal_test', false)
      or coalesce(qcu.account_type = 'internal_test', false),
    'account_key', a.account_key,
    'account_id', za.zoho_id,
    'contact', case
      when mc.zoho_id is not null then jsonb_build_object('zoho_id', mc.zoho_id, 'shared', false,
        -- What a write whose answer was lost has touched is not known any more, and is sent again.
        'snapshot', mc.snapshot - array(select jsonb_object_keys(mc.sending)))
      when ms.zoho_id is not null then jsonb_build_object(
        'zoho_id', ms.zoho_id, 'shared', true, 'snapshot', ms.snapshot) end,
    'contact_tried', t.email)
  from unnest(p_ids, p_companies, p_customers, p_quote_customers) e (id, company, customer_id, quote_customer_id)
  left join public.customers qcu on qcu.id = e.quote_customer_id
  left join public.customers cu on cu.id = coalesce(e.customer_id, e.quote_customer_id)
  cross join lateral (select zoho_sync.account_key(e.company, cu.business_name, cu.id)) a (account_key)
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
      where m.zoho_type = 'Contacts' and lower(m.snapshot ->> 'Email') = lower(t.email));
$$;

-- Everything a record's projection needs, and nothing else: no phone, ID number, address or document.
-- A contract that names a KYC session is judged by that one; otherwise, as a quote is, by the newest of the quote.
create or replace function zoho_sync.contract_sources(p_ids uuid[]) returns table (contract_id uuid, source jsonb)
language sql stable set search_path = '' as $$
  with wanted as materialized (
    select c.id, c.contract_number, c.status, c.total_contract_value, c.start_date, c.fully_signed_date, c.created_at,
      c.zoho_deal_id, c.kyc_session_id, c.quote_id, c.customer_id,
      q.company_name, q.customer_id as quote_customer_id
    from public.contracts c join public.business_quotes q on q.id = c.quote_id
    where c.id = any (p_ids))
  select c.id, p.party || jsonb_build_object(
    'contract', jsonb_build_object(
      'id', c.id, 'contract_number', c.contract_number, 'status', c.status,
      'total_contract_value', c.total_contract_value, 'start_date', c.start_date,
      'fully_signed_date', c.fully_signed_date, 'created_at', c.created_at, 'zoho_deal_id', c.zoho_deal_id),
    'quote', jsonb_build_object('id', c.quote_id, 'company_name', c.company_name),
    'kyc', case when k.id is not null then jsonb_build_object(
      'status', k.status, 'verification_result', k.verification_result,
      'risk_tier', k.risk_tier, 'completed_at', k.completed_at) end,
    'rica', case when r.id is not null then jsonb_build_object('status', r.status) end)
  from wanted c
  join zoho_sync.parties(
    array(select w.id from wanted w order by w.id), array(select w.company_name from wanted w order by w.id),
    array(select w.customer_id from wanted w order by w.id),
    array(select w.quote_customer_id from wanted w order by w.id)) p on p.entity_id = c.id
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
    limit 1) r on true;
$$;

-- A quote or an invoice without a number has nothing yet that its record could be found by: it waits for the number.
create or replace function zoho_sync.quote_sources(p_ids uuid[]) returns table (quote_id uuid, source jsonb)
language sql stable set search_path = '' as $$
  with wanted as materialized (
    select q.id, q.quote_number, q.company_name, q.customer_id, q.status, q.contract_term, q.total_monthly,
      q.total_installation, q.valid_until
    from public.business_quotes q where q.id = any (p_ids) and btrim(q.quote_number) <> '')
  select q.id, p.party || jsonb_build_object(
    'quote', jsonb_build_object(
      'id', q.id, 'quote_number', q.quote_number, 'company_name', q.company_name, 'status', q.status,
      'contract_term', q.contract_term, 'total_monthly', q.total_monthly,
      'total_installation', q.total_installation, 'valid_until', q.valid_until),
    'items', coalesce(i.items, '[]'),
    'kyc', case when k.id is not null then jsonb_build_object(
      'status', k.status, 'verification_result', k.verification_result,
      'risk_tier', k.risk_tier, 'completed_at', k.completed_at) end)
  from wanted q
  join zoho_sync.parties(
    array(select w.id from wanted w order by w.id), array(select w.company_name from wanted w order by w.id),
    array(select w.customer_id from wanted w order by w.id),
    array(select w.customer_id from wanted w order by w.id)) p on p.entity_id = q.id
  left join lateral (
    select jsonb_agg(jsonb_build_object(
      'service_name', i.service_name, 'quantity', i.quantity, 'monthly_price', i.monthly_price,
      'installation_price', i.installation_price) order by i.display_order, i.id) as items
    from public.business_quote_items i where i.quote_id = q.id) i on true
  left join lateral (
    select s.id, s.status, s.verification_result, s.risk_tier, s.completed_at
    from public.kyc_sessions s where s.quote_id = q.id
    order by s.created_at desc, s.id desc
    limit 1) k on true;
$$;

create or replace function zoho_sync.customer_sources(p_ids uuid[]) returns table (customer_id uuid, source jsonb)
language sql stable set search_path = '' as $$
  with wanted as materialized (select cu.id from zoho_sync.crm_customers cu where cu.id = any (p_ids))
  select p.entity_id, p.party
  from zoho_sync.parties(
    array(select w.id from wanted w order by w.id), array(select null::text from wanted),
    array(select w.id from wanted w order by w.id), '{}') p;
$$;

-- A person without a business of their own is billed under the company of their newest quote, as their Deals are.
create or replace function zoho_sync.invoice_sources(p_ids uuid[]) returns table (invoice_id uuid, source jsonb)
language sql stable set search_path = '' as $$
  with wanted as materialized (
    select i.id, i.customer_id, i.invoice_number, i.invoice_date, i.due_date, i.total_amount, i.status,
      coalesce(nullif(btrim(cu.business_name), ''), q.company_name) as company_name
    from public.customer_invoices i join zoho_sync.crm_customers cu on cu.id = i.customer_id
    left join lateral (
      select bq.company_name from public.business_quotes bq where bq.customer_id = i.customer_id
      order by bq.created_at desc, bq.id desc
      limit 1) q on true
    where i.id = any (p_ids) and btrim(i.invoice_number) <> '')
  select i.id, p.party || jsonb_build_object(
    'company_name', i.company_name,
    'invoice', jsonb_build_object(
      'id', i.id, 'invoice_number', i.invoice_number, 'invoice_date', i.invoice_date, 'due_date', i.due_date,
      'total_amount', i.total_amount, 'status', i.status))
  from wanted i
  join zoho_sync.parties(
    array(select w.id from wanted w order by w.id), array(select w.company_name from wanted w order by w.id),
    array(select w.customer_id from wanted w order by w.id), '{}') p on p.entity_id = i.id;
$$;

-- The sources of a mixed lot; none for a kind that is switched off or for a row that does not go to the CRM.
create or replace function zoho_sync.sources(p_types text[], p_ids uuid[])
returns table (entity_type text, entity_id uuid, source jsonb)
language sql stable set search_path = '' as $$
  with wanted as materialized (
    select u.entity_type, u.id from unnest(p_types, p_ids) u (entity_type, id), public.zoho_sync_state s
    where u.entity_type = any (s.synced_types))
  select 'contract', s.contract_id, s.source
  from zoho_sync.contract_sources(array(select w.id from wanted w where w.entity_type = 'contract')) s
  union all
  select 'quote', s.quote_id, s.source
  from zoho_sync.quote_sources(array(select w.id from wanted w where w.entity_type = 'quote')) s
  union all
  select 'customer', s.customer_id, s.source
  from zoho_sync.customer_sources(array(select w.id from wanted w where w.entity_type = 'customer')) s
  union all
  select 'invoice', s.invoice_id, s.source
  from zoho_sync.invoice_sources(array(select w.id from wanted w where w.entity_type = 'invoice')) s;
$$;

-- Those of the entities whose row is not there.
create or replace function zoho_sync.gone(p_types text[], p_ids uuid[])
returns table (entity_type text, entity_id uuid)
language sql stable set search_path = '' as $$
  select e.entity_type, e.id from unnest(p_types, p_ids) e (entity_type, id)
  where not case e.entity_type
    when 'contract' then exists (select from public.contracts r where r.id = e.id)
    when 'quote' then exists (select from public.business_quotes r where r.id = e.id)
    when 'customer' then exists (select from public.customers r where r.id = e.id)
    when 'invoice' then exists (select from public.customer_invoices r where r.id = e.id)
    else false end;
$$;

-- Puts entities in the queue, each named once. Passed over are kinds that are switched off, rows of internal_test
-- customers, consumers, quotes and invoices without a number, and ids that are no row. In the order of the key, so that
-- two transactions over the same entities cannot deadlock. A dead letter comes back to life: the change may be the
-- very one that mends it.
create or replace function zoho_sync.enqueue(
  p_types text[], p_ids uuid[], p_lanes smallint[], p_causes text[], p_forced boolean default false) returns integer
language plpgsql set search_path = '' as $$
declare
  v_synced text[];
  v_count integer;
begin
  if cardinality(coalesce(p_ids, '{}')) = 0 then return 0; end if;
  select s.synced_types into v_synced from public.zoho_sync_state s;
  insert into public.zoho_sync_queue as queue (entity_type, entity_id, lane, cause, forced)
  select e.entity_type, e.id, e.lane, e.cause, p_forced
  from unnest(p_types, p_ids, p_lanes, p_causes) e (entity_type, id, lane, cause)
  where e.entity_type = any (v_synced) and case e.entity_type
    when 'contract' then exists (
      select from public.contracts c
      join public.business_quotes q on q.id = c.quote_id
      left join public.customers cu on cu.id = c.customer_id
      left join public.customers qcu on qcu.id = q.customer_id
      where c.id = e.id and cu.account_type is distinct from 'internal_test'
        and qcu.account_type is distinct from 'internal_test')
    when 'quote' then exists (
      select from public.business_quotes q left join public.customers cu on cu.id = q.customer_id
      where q.id = e.id and cu.account_type is distinct from 'internal_test' and btrim(q.quote_number) <> '')
    when 'customer' then exists (select from zoho_sync.crm_customers cu where cu.id = e.id)
    when 'invoice' then exists (
      select from public.customer_invoices i join zoho_sync.crm_customers cu on cu.id = i.customer_id
      where i.id = e.id and btrim(i.invoice_number) <> '')
    end
  order by e.entity_type, e.id
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

-- The same with one lane and one cause for all.
create or replace function zoho_sync.enqueue(
  p_types text[], p_ids uuid[], p_lane smallint, p_cause text, p_forced boolean default false) returns integer
language sql set search_path = '' as $$
  select zoho_sync.enqueue(p_types, p_ids,
    array_fill(p_lane, array[coalesce(cardinality(p_ids), 0)]),
    array_fill(p_cause, array[coalesce(cardinality(p_ids), 0)]), p_forced);
$$;

create or replace function public.zoho_enqueue(
  p_entity_type text, p_ids uuid[], p_lane smallint default 1, p_cause text default 'by hand',
  p_forced boolean default false) returns integer
language sql set search_path = '' as $$
  select zoho_sync.enqueue(
    array_agg(p_entity_type), array_agg(i.id), p_lane, p_cause, p_forced)
  from (select distinct unnest(p_ids)) i (id);
$$;

-- What was there when contracts were the only ones.
create or replace function zoho_sync.enqueue_contracts(
  p_ids uuid[], p_lane smallint, p_cause text, p_forced boolean default false) returns integer
language sql set search_path = '' as $$
  select public.zoho_enqueue('contract', p_ids, p_lane, p_cause, p_forced);
$$;
drop function if exists zoho_sync.enqueue_stale(uuid[], smallint[], text[], boolean);

-- Notes of statements: what is stale, or deleted.
alter table zoho_sync.stale
  add column if not exists entity_type text not null default 'contract',
  add column if not exists deleted boolean not null default false;
comment on column zoho_sync.stale.contract_ids is
  'Ids of rows of entity_type; the name is from when contracts were the only ones.';

create or replace function zoho_sync.mark_stale(p_type text, p_ids uuid[], p_lane smallint, p_cause text) returns void
language sql set search_path = '' as $$
  insert into zoho_sync.stale (entity_type, contract_ids, lane, cause)
  select p_type, p_ids, p_lane, p_cause
  where cardinality(p_ids) > 0 and not zoho_sync.is_inward()
    and exists (select from public.zoho_sync_state s where p_type = any (s.synced_types));
$$;
drop function if exists zoho_sync.mark_stale(uuid[], smallint, text);

-- At commit: the mappings of deleted rows are marked and their changes removed. Mappings before queue rows, as
-- everywhere.
create or replace function zoho_sync.orphan_deleted(p_types text[], p_ids uuid[]) returns void
language plpgsql set search_path = '' as $$
begin
  if cardinality(p_ids) = 0 then return; end if;
  with orphans as (
    select m.id from public.zoho_entity_mappings m
    join zoho_sync.gone(p_types, p_ids) g on m.circletel_type = g.entity_type and m.circletel_id = g.entity_id
    order by m.circletel_id for update of m)
  update public.zoho_entity_mappings m set state = 'orphaned' from orphans o where m.id = o.id;
  delete from public.zoho_sync_queue q using zoho_sync.gone(p_types, p_ids) g
  where q.entity_type = g.entity_type and q.entity_id = g.entity_id;
  -- No mapping, yet an attempt of which nobody knows the end: its record may stand in Zoho. After the queue row, whose
  -- lock an attempt that is just being opened holds.
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, message)
  select distinct on (l.entity_id) 'orphaned', l.entity_type, l.entity_id, l.zoho_entity_type,
    format('%s %s was deleted in CircleTel while its %s was being made; look for it in Zoho',
      t.label, l.request_payload ->> t.reference, t.record)
  from zoho_sync.gone(p_types, p_ids) g
  join zoho_sync.record_types() t on t.entity_type = g.entity_type
  join public.zoho_sync_logs l on l.entity_type = g.entity_type and l.entity_id = g.entity_id
    and l.zoho_entity_type = t.zoho_type
  where l.request_payload ? t.reference
    and (l.status <> 'failed' or l.error_message ~ '^(INTERRUPTED|TIMEOUT|NETWORK|UNREADABLE|HTTP_5|INTERNAL)')
    and not exists (select from public.zoho_entity_mappings m
      where m.circletel_type = l.entity_type and m.circletel_id = l.entity_id);
end $$;
drop function if exists zoho_sync.orphan_deleted(uuid[]);

-- At commit: this transaction's notes become queue rows, and the doorbell rings.
create or replace function zoho_sync.fold_stale() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_types text[];
  v_ids uuid[];
  v_enqueued integer;
begin
  select array_agg(s.entity_type), array_agg(i.id) into v_types, v_ids
  from zoho_sync.stale s cross join lateral unnest(s.contract_ids) i (id)
  where s.txid = pg_current_xact_id() and s.deleted;
  perform zoho_sync.orphan_deleted(v_types, v_ids);
  with mine as (
    delete from zoho_sync.stale s where s.txid = pg_current_xact_id()
    returning s.entity_type, s.contract_ids, s.lane, s.cause, s.deleted),
  once as (
    select distinct on (m.entity_type, i.id) m.entity_type, i.id, m.lane, m.cause
    from mine m cross join lateral unnest(m.contract_ids) i (id)
    where not m.deleted
    order by m.entity_type, i.id, m.lane)
  -- One statement for all kinds and lanes, in the order of the key: two commits lock the queue in the same order.
  select zoho_sync.enqueue(
    array_agg(o.entity_type), array_agg(o.id), array_agg(o.lane), array_agg(o.cause))
  into v_enqueued from once o;
  if v_enqueued > 0 then
    perform zoho_sync.ring_doorbell();
  end if;
  return null;
end $$;

-- A row deleted in CircleTel leaves its Zoho record alone: an operator is told. Nothing is locked before the commit.
-- Called with the kind and the column of its number, '' where a number would name a person.
create or replace function zoho_sync.entities_deleted() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
  select 'orphaned', m.circletel_type, o.id, m.zoho_type, m.zoho_id,
    concat_ws(' ', t.label, to_jsonb(o) ->> tg_argv[1],
      format('was deleted in CircleTel; its %s was left as it is', t.record))
  from old_rows o
  join zoho_sync.record_types() t on t.entity_type = tg_argv[0]
  join public.zoho_entity_mappings m on m.circletel_type = t.entity_type and m.circletel_id = o.id;
  insert into zoho_sync.stale (entity_type, contract_ids, lane, cause, deleted)
  select tg_argv[0], array_agg(o.id), 0::smallint, tg_table_name || ' delete', true from old_rows o having count(*) > 0;
  return null;
end $$;

-- A customer who is first named by a quote or a contract goes to the CRM from then on, and the invoices with them; one
-- without a business of their own is billed under the quote's company.
create or replace function zoho_sync.mark_named(p_customer_ids uuid[], p_cause text) returns void
language sql set search_path = '' as $$
  select zoho_sync.mark_stale('invoice', array(
    select i.id from public.customers cu join public.customer_invoices i on i.customer_id = cu.id
    where cu.id = any (p_customer_ids)
      and (cu.account_type is distinct from 'business' or coalesce(btrim(cu.business_name), '') = '')),
    1::smallint, p_cause);
$$;

-- Our own write-backs (zoho_deal_id, last_synced_at) and updated_at are not among the compared columns.
create or replace function zoho_sync.contracts_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    perform zoho_sync.mark_stale('contract', array(select n.id from new_rows n), 0::smallint, 'contracts insert');
    perform zoho_sync.mark_named(array(select n.customer_id from new_rows n), 'contracts insert');
    return null;
  end if;
  perform zoho_sync.mark_stale('contract', array(
    select n.id from new_rows n join old_rows o on o.id = n.id
    where (n.contract_number, n.status, n.total_contract_value, n.start_date, n.fully_signed_date, n.created_at,
        n.quote_id, n.customer_id, n.kyc_session_id)
      is distinct from
      (o.contract_number, o.status, o.total_contract_value, o.start_date, o.fully_signed_date, o.created_at,
        o.quote_id, o.customer_id, o.kyc_session_id)), 0::smallint, 'contracts update');
  return null;
end $$;

create or replace function zoho_sync.quotes_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_moved uuid[];
begin
  if tg_op = 'INSERT' then
    perform zoho_sync.mark_stale('quote', array(select n.id from new_rows n), 1::smallint, 'business_quotes insert');
    perform zoho_sync.mark_named(array(select n.customer_id from new_rows n), 'business_quotes insert');
    return null;
  end if;
  perform zoho_sync.mark_stale('quote', array(
    select n.id from new_rows n join old_rows o on o.id = n.id
    where (n.quote_number, n.company_name, n.customer_id, n.status, n.contract_term, n.total_monthly,
        n.total_installation, n.valid_until)
      is distinct from
      (o.quote_number, o.company_name, o.customer_id, o.status, o.contract_term, o.total_monthly,
        o.total_installation, o.valid_until)), 1::smallint, 'business_quotes update');
  -- Only company and customer reach the records of contracts and invoices.
  v_moved := array(
    select n.id from new_rows n join old_rows o on o.id = n.id
    where (n.company_name, n.customer_id) is distinct from (o.company_name, o.customer_id));
  if cardinality(v_moved) = 0 then return null; end if;
  perform zoho_sync.mark_stale('contract', array(
    select c.id from public.contracts c where c.quote_id = any (v_moved)), 1::smallint, 'business_quotes update');
  perform zoho_sync.mark_named(array(
    select q.customer_id from new_rows q where q.id = any (v_moved)), 'business_quotes update');
  return null;
end $$;

create or replace function zoho_sync.quote_items_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_quotes uuid[];
begin
  if tg_op = 'INSERT' then
    v_quotes := array(select distinct n.quote_id from new_rows n);
  elsif tg_op = 'DELETE' then
    v_quotes := array(select distinct o.quote_id from old_rows o);
  else
    v_quotes := array(
      select distinct q from new_rows n join old_rows o on o.id = n.id
      cross join lateral unnest(array[n.quote_id, o.quote_id]) q
      where (n.quote_id, n.service_name, n.quantity, n.monthly_price, n.installation_price, n.display_order)
        is distinct from
        (o.quote_id, o.service_name, o.quantity, o.monthly_price, o.installation_price, o.display_order));
  end if;
  perform zoho_sync.mark_stale('quote', v_quotes, 1::smallint, 'business_quote_items ' || lower(tg_op));
  return null;
end $$;

create or replace function zoho_sync.customers_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    -- Nobody has quoted them yet: whoever is no business is a consumer.
    perform zoho_sync.mark_stale('customer',
      array(select n.id from new_rows n where n.account_type = 'business'), 1::smallint, 'customers insert');
    return null;
  end if;
  insert into zoho_sync.stale (entity_type, contract_ids, lane, cause)
  select e.entity_type, array_agg(e.entity_id), 1::smallint, 'customers update'
  from new_rows n
  join old_rows o on o.id = n.id
  join zoho_sync.customer_entities e on e.customer_id = n.id
  join public.zoho_sync_state s on e.entity_type = any (s.synced_types)
  where (n.first_name, n.last_name, n.email, n.business_name, n.account_type)
    is distinct from (o.first_name, o.last_name, o.email, o.business_name, o.account_type)
    and not zoho_sync.is_inward()
  group by e.entity_type;
  return null;
end $$;

create or replace function zoho_sync.invoices_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    perform zoho_sync.mark_stale('invoice', array(select n.id from new_rows n), 1::smallint, 'customer_invoices insert');
    return null;
  end if;
  perform zoho_sync.mark_stale('invoice', array(
    select n.id from new_rows n join old_rows o on o.id = n.id
    where (n.customer_id, n.invoice_number, n.invoice_date, n.due_date, n.total_amount, n.status)
      is distinct from (o.customer_id, o.invoice_number, o.invoice_date, o.due_date, o.total_amount, o.status)),
    1::smallint, 'customer_invoices update');
  return null;
end $$;

-- The contracts that a KYC session speaks for (contract_sources): those that name it, and those that name none
-- and hang on its quote.
create or replace function zoho_sync.mark_sessions_stale(p_session_ids uuid[], p_quote_ids uuid[], p_cause text) returns void
language sql set search_path = '' as $$
  select zoho_sync.mark_stale('contract', array(
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
  perform zoho_sync.mark_stale('quote', v_quotes, 0::smallint, 'kyc_sessions ' || lower(tg_op));
  return null;
end $$;

do $$
declare
  t record;
begin
  for t in select * from (values
    ('contracts', 'delete', 'entities_deleted(''contract'', ''contract_number'')', 'old table as old_rows'),
    ('business_quotes', 'insert', 'quotes_changed()', 'new table as new_rows'),
    ('business_quotes', 'delete', 'entities_deleted(''quote'', ''quote_number'')', 'old table as old_rows'),
    ('business_quote_items', 'insert', 'quote_items_changed()', 'new table as new_rows'),
    ('business_quote_items', 'update', 'quote_items_changed()', 'old table as old_rows new table as new_rows'),
    ('business_quote_items', 'delete', 'quote_items_changed()', 'old table as old_rows'),
    ('customers', 'insert', 'customers_changed()', 'new table as new_rows'),
    ('customers', 'delete', 'entities_deleted(''customer'', '''')', 'old table as old_rows'),
    ('customer_invoices', 'insert', 'invoices_changed()', 'new table as new_rows'),
    ('customer_invoices', 'update', 'invoices_changed()', 'old table as old_rows new table as new_rows'),
    ('customer_invoices', 'delete', 'entities_deleted(''invoice'', ''invoice_number'')', 'old table as old_rows')
  ) v (tbl, event, fn, transition)
  loop
    execute format('drop trigger if exists zoho_sync_%s on public.%I', t.event, t.tbl);
    execute format('create trigger zoho_sync_%s after %s on public.%I referencing %s '
      'for each statement execute function zoho_sync.%s', t.event, t.event, t.tbl, t.transition, t.fn);
  end loop;
end $$;
drop function if exists zoho_sync.contracts_deleted();

-- The triggers and sources go through these columns. Production may have an index under another name.
do $$
declare
  i record;
begin
  for i in select * from (values ('business_quote_items', 'quote_id'), ('customer_invoices', 'customer_id')) v (tbl, col)
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

-- The steps of a drain, for every kind; their contracts are in 20261123000005.
--
-- p_types are the kinds that the caller can work. Functions from before this migration name none and get contracts:
-- they would settle the others as done without a call.
drop function if exists public.zoho_claim_changes(uuid, integer, integer, text, uuid);
create or replace function public.zoho_claim_changes(
  p_worker uuid, p_limit integer, p_lease_seconds integer,
  p_entity_type text default null, p_entity_id uuid default null, p_types text[] default '{contract}') returns jsonb
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
      and q.entity_type = any (p_types)
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
  left join zoho_sync.sources(v_types, v_ids) s
    on s.entity_type = c.entity_type and s.entity_id = c.entity_id
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
    where o.zoho_entity_type in ('Deals', 'Estimates', 'Invoices', 'Contacts')
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

create or replace function public.zoho_settle_changes(
  p_worker uuid, p_results jsonb, p_links jsonb default '[]', p_accounts jsonb default '[]',
  p_closed jsonb default '[]', p_credits jsonb default '[]', p_gone jsonb default '[]') returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_ours uuid[];
  v_types text[];
  v_ids uuid[];
  v_held_types text[];
  v_held uuid[];
  v_writable uuid[];
  v_ready uuid[];
  v_busy uuid[];
  v_taken uuid[];
  v_settled integer := 0;
  v_again integer := 0;
  v_total integer;
begin
  select coalesce(array_agg(r.entity_type), '{}'), coalesce(array_agg(r.entity_id), '{}') into v_types, v_ids
  from jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid);
  perform zoho_sync.close_attempts(p_closed);

  -- A Contact whose e-mail changes is no longer the one of customers who shared the old e-mail: all that is theirs
  -- comes again. First of all, while this transaction holds no queue row yet.
  perform zoho_sync.enqueue(array_agg(s.entity_type), array_agg(s.entity_id), 1::smallint, 'Contact no longer shared')
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
    from moved
    join public.customers cu on lower(cu.email) = moved.email and cu.id <> moved.circletel_id
    join zoho_sync.customer_entities e on e.customer_id = cu.id) s;

  delete from public.zoho_accounts a using jsonb_to_recordset(p_gone) g (zoho_type text, zoho_id text)
  where g.zoho_type = 'Accounts' and a.zoho_id = g.zoho_id;
  delete from public.zoho_entity_mappings m using jsonb_to_recordset(p_gone) g (zoho_type text, zoho_id text)
  where g.zoho_type = 'Contacts' and m.zoho_type = 'Contacts' and m.zoho_id = g.zoho_id;

  delete from public.zoho_products p using jsonb_to_recordset(p_gone) g (zoho_type text, zoho_id text)
  where g.zoho_type = 'Products' and p.zoho_id = g.zoho_id;

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
  -- no mapping of its own (zoho_sync.parties finds it by e-mail).
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

  select coalesce(array_agg(q.entity_id), '{}') into v_ours
  from public.zoho_sync_queue q
  join jsonb_to_recordset(p_results) r (entity_type text, entity_id uuid)
    on q.entity_type = r.entity_type and q.entity_id = r.entity_id
  where q.status = 'in_flight' and q.lease_owner = p_worker;

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
  v_ready := v_ready || array(select g.entity_id from zoho_sync.gone(v_held_types, v_held) g);
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

  -- The row may have been deleted while its record was being made: its trigger found no mapping to mark.
  with orphaned as (
    update public.zoho_entity_mappings m set state = 'orphaned'
    from zoho_sync.gone(v_types, v_ids) g
    where m.circletel_type = g.entity_type and m.circletel_id = g.entity_id and m.state = 'linked'
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

-- Which entities a row speaks for (by-hand calls, database webhooks). { found, entities: [{entity_type, entity_id}] }
create or replace function public.zoho_entities_of(p_entity text, p_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  with sessions as (
    select s.id, s.quote_id from public.kyc_sessions s
    where (p_entity = 'kyc_session' and s.id = p_id)
      or (p_entity = 'rica_submission'
        and s.id = (select r.kyc_session_id from public.rica_submissions r where r.id = p_id))),
  entities as (
    select p_entity as entity_type, p_id as entity_id
    where p_entity in ('contract', 'quote', 'customer', 'invoice')
    union
    select e.entity_type, e.entity_id from zoho_sync.customer_entities e
    where p_entity = 'customer' and e.customer_id = p_id
    union
    select 'contract', c.id from public.contracts c where p_entity = 'quote' and c.quote_id = p_id
    union
    select 'contract', c.id from public.contracts c join sessions s
      on c.kyc_session_id = s.id or (c.kyc_session_id is null and c.quote_id = s.quote_id)
    union
    select 'quote', s.quote_id from sessions s where p_entity = 'kyc_session')
  select jsonb_build_object(
    'found', case p_entity
      when 'kyc_session' then exists (select from public.kyc_sessions s where s.id = p_id)
      when 'rica_submission' then exists (select from public.rica_submissions r where r.id = p_id)
      else not exists (select from zoho_sync.gone(array[p_entity], array[p_id])) end,
    'entities', coalesce((
      select jsonb_agg(to_jsonb(e) order by e.entity_type, c.created_at desc, e.entity_id)
      from entities e left join public.contracts c on e.entity_type = 'contract' and c.id = e.entity_id), '[]'));
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
      from public.zoho_sync_logs l join zoho_sync.record_types() t on t.entity_type = l.entity_type
      where l.entity_type = p_entity_type and l.entity_id = p_entity_id and l.zoho_entity_type = t.zoho_type
      order by l.created_at desc limit 1),
    'paused', (
      select jsonb_build_object('until', nullif(s.paused_until, 'infinity'), 'code', s.pause_code,
        'message', s.pause_message)
      from public.zoho_sync_state s where s.paused_until > now()));
$$;

-- The way back. CircleTel decides every field of an Estimate and an Invoice, and events do not carry line items: when
-- somebody else edited one, the next drain reads it whole and puts right what differs. What of the event differs from what
-- we know is drift and is logged. A Contact's edit is only noted: its event keeps no names or e-mails.
create or replace function zoho_sync.note_record(p_event public.zoho_webhook_events, p_record jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_type record;
  v_mapping public.zoho_entity_mappings;
  v_fields jsonb := coalesce(p_record -> 'fields', '{}');
  v_modified_at timestamptz := (p_record ->> 'modified_at')::timestamptz;
  v_integration_user text := (select s.integration_user_id from public.zoho_sync_state s);
  v_drift text[];
begin
  select * into v_type from zoho_sync.record_types() t where t.module = p_event.module;
  if not found then
    return jsonb_build_object('status', 'ignored', 'reason', 'CircleTel reads nothing of ' || p_event.module);
  end if;
  select * into v_mapping from public.zoho_entity_mappings m
  where m.zoho_type = v_type.zoho_type and m.zoho_id = p_record ->> 'record_id' for update;
  if not found then
    -- In flight until it is settled: its attempt is closed when Zoho has answered, its mapping is made later.
    return case when exists (
        select from public.zoho_sync_queue q
        left join public.business_quotes b on q.entity_type = 'quote' and b.id = q.entity_id
        left join public.customer_invoices i on q.entity_type = 'invoice' and i.id = q.entity_id
        where q.status = 'in_flight' and q.entity_type = v_type.entity_type
          and coalesce(b.quote_number, i.invoice_number) = v_fields ->> v_type.reference)
      then jsonb_build_object('status', 'received', 'reason', 'The record is being made by a drain')
      else jsonb_build_object('status', 'unmapped',
        'reason', format('No %s of CircleTel owns this record', v_type.entity_type)) end;
  end if;
  if p_record ->> 'operation' = 'delete' then
    return zoho_sync.note_deletion(p_event, v_mapping, v_modified_at);
  end if;
  if v_type.reference is null then
    return jsonb_build_object('status', 'ignored', 'reason',
      'CircleTel owns these fields; would have changed: ' || coalesce(nullif(p_record ->> 'names', ''), 'nothing'));
  end if;
  if v_modified_at < v_mapping.zoho_modified_at or v_modified_at <= v_mapping.deleted_at
    or (v_modified_at is null and p_event.seq < v_mapping.last_event_seq) then
    return jsonb_build_object('status', 'stale', 'reason', 'Something newer of this record is known');
  end if;

  v_drift := array(
    select f.key from jsonb_each(v_fields) f
    where not zoho_sync.is_same_value(f.key, f.value, v_mapping.snapshot -> f.key)
      and not coalesce(v_mapping.sending ? f.key
        and zoho_sync.is_same_value(f.key, f.value, v_mapping.sending -> f.key), false)
      and not exists (
        select from jsonb_to_recordset(v_mapping.recent_writes) w (fields jsonb, modified_at timestamptz)
        where w.modified_at = v_modified_at and w.fields ? f.key
          and zoho_sync.is_same_value(f.key, f.value, w.fields -> f.key)));
  if cardinality(v_drift) = 0 and v_mapping.state = 'linked'
    and coalesce(p_record ->> 'modified_by' = v_integration_user, v_modified_at = v_mapping.zoho_modified_at, false) then
    return jsonb_build_object('status', 'echo', 'reason', 'Zoho holds what CircleTel sent');
  end if;

  update public.zoho_entity_mappings m set
    doubtful = true, state = 'linked',
    zoho_modified_at = greatest(m.zoho_modified_at, v_modified_at),
    last_event_seq = greatest(m.last_event_seq, p_event.seq)
  where m.id = v_mapping.id;
  perform public.zoho_enqueue(v_mapping.circletel_type, array[v_mapping.circletel_id], 1::smallint, 'drift');
  perform zoho_sync.ring_doorbell();
  if cardinality(v_drift) = 0 then
    return jsonb_build_object('status', 'ignored', 'reason', 'Edited in Zoho; the next drain reads it and compares');
  end if;
  insert into public.zoho_sync_logs
    (entity_type, entity_id, zoho_entity_type, zoho_entity_id, status, attempt_number, error_message,
     response_payload, cause, finished_at)
  values (v_mapping.circletel_type, v_mapping.circletel_id, v_mapping.zoho_type, v_mapping.zoho_id, 'success', 1,
    'DRIFT: ' || array_to_string(v_drift, ', ') || ' edited in Zoho; CircleTel''s value is put back',
    jsonb_build_object('event_id', p_event.id, 'drift', (
      select jsonb_object_agg(d, jsonb_build_object(
        'zoho', v_fields -> d, 'circletel', coalesce(v_mapping.snapshot -> d, 'null')))
      from unnest(v_drift) d)),
    'zoho: ' || (p_record ->> 'operation'), now());
  return jsonb_build_object('status', 'applied', 'reason', 'Drift: ' || array_to_string(v_drift, ', '));
end $$;

-- An Estimate or Invoice deleted in Zoho is marked, told and left to a person, as a Deal is. A Contact may have been
-- merged into another, so it is forgotten: the next change finds that one by its e-mail, or makes one.
create or replace function zoho_sync.note_deletion(
  p_event public.zoho_webhook_events, p_mapping public.zoho_entity_mappings, p_modified_at timestamptz) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_type record;
begin
  select * into v_type from zoho_sync.record_types() t where t.entity_type = p_mapping.circletel_type;
  if p_mapping.state = 'deleted_in_zoho' then
    return jsonb_build_object('status', 'ignored', 'reason', 'The deletion is known');
  end if;
  if v_type.reference is null then
    delete from public.zoho_entity_mappings m where m.id = p_mapping.id;
  else
    update public.zoho_entity_mappings m set state = 'deleted_in_zoho',
      deleted_at = coalesce(p_modified_at, p_event.received_at),
      last_event_seq = greatest(m.last_event_seq, p_event.seq)
    where m.id = p_mapping.id;
  end if;
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
  values ('deleted_in_zoho', p_mapping.circletel_type, p_mapping.circletel_id, p_mapping.zoho_type, p_mapping.zoho_id,
    case when v_type.reference is null
      then 'The Contact of a customer was deleted or merged in Zoho; the next change finds or makes one'
      else format('The %s of %s %s was deleted in Zoho; the %2$s stays as it is', v_type.record,
        v_type.entity_type, p_mapping.snapshot ->> v_type.reference) end);
  return jsonb_build_object('status', 'applied', 'reason',
    format('Deleted in Zoho; the %s stays', v_type.entity_type));
end $$;

-- Postgres lets PUBLIC execute every new function, and older projects grant anon and authenticated besides.
revoke all on function
  zoho_sync.record_types(), zoho_sync.parties(uuid[], text[], uuid[], uuid[]),
  zoho_sync.contract_sources(uuid[]), zoho_sync.quote_sources(uuid[]), zoho_sync.customer_sources(uuid[]),
  zoho_sync.invoice_sources(uuid[]), zoho_sync.sources(text[], uuid[]), zoho_sync.gone(text[], uuid[]),
  zoho_sync.enqueue(text[], uuid[], smallint[], text[], boolean),
  zoho_sync.enqueue(text[], uuid[], smallint, text, boolean),
  zoho_sync.mark_stale(text, uuid[], smallint, text), zoho_sync.orphan_deleted(text[], uuid[]),
  zoho_sync.entities_deleted(), zoho_sync.mark_named(uuid[], text), zoho_sync.quote_items_changed(),
  zoho_sync.invoices_changed(),
  zoho_sync.note_deletion(public.zoho_webhook_events, public.zoho_entity_mappings, timestamptz),
  public.zoho_known_products(text[]), public.zoho_remember_products(jsonb),
  public.zoho_enqueue(text, uuid[], smallint, text, boolean), public.zoho_entities_of(text, uuid),
  public.zoho_claim_changes(uuid, integer, integer, text, uuid, text[])
  from public, anon, authenticated;
revoke all on zoho_sync.crm_customers, zoho_sync.customer_entities from public, anon, authenticated;
grant execute on function
  zoho_sync.record_types(), zoho_sync.parties(uuid[], text[], uuid[], uuid[]),
  zoho_sync.contract_sources(uuid[]), zoho_sync.quote_sources(uuid[]), zoho_sync.customer_sources(uuid[]),
  zoho_sync.invoice_sources(uuid[]), zoho_sync.sources(text[], uuid[]), zoho_sync.gone(text[], uuid[]),
  zoho_sync.enqueue(text[], uuid[], smallint[], text[], boolean),
  zoho_sync.enqueue(text[], uuid[], smallint, text, boolean),
  zoho_sync.note_deletion(public.zoho_webhook_events, public.zoho_entity_mappings, timestamptz),
  public.zoho_known_products(text[]), public.zoho_remember_products(jsonb),
  public.zoho_enqueue(text, uuid[], smallint, text, boolean), public.zoho_entities_of(text, uuid),
  public.zoho_claim_changes(uuid, integer, integer, text, uuid, text[])
  to service_role;
grant select on zoho_sync.crm_customers, zoho_sync.customer_entities to service_role;
