-- One entity by its number, or by its id; null when nothing was ever known of it. `source` is what its projection is made
-- of. An entity whose row is gone is still shown: its record in Zoho, its notices and its history are there.
create or replace function public.zoho_admin_contract(p_number text default null, p_id uuid default null) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_found record;
begin
  select * into v_found from zoho_sync.found_entity(p_number, p_id);
  if v_found.id is null then return null; end if;
  return jsonb_build_object(
    'entityType', v_found.type, 'entityId', v_found.id, 'number', v_found.number, 'status', v_found.status,
    'isGone', v_found.is_gone, 'name', zoho_sync.entity_name(v_found.type, v_found.id),
    'row', zoho_sync.row_address(v_found.type),
    'related', zoho_sync.related_entities(v_found.type, v_found.id),
    'source', (select s.source from zoho_sync.sources(array[v_found.type], array[v_found.id]) s),
    'labels', zoho_sync.labels_of(v_found.type),
    'mapping', (
      select jsonb_build_object('zohoType', m.zoho_type, 'zohoId', m.zoho_id, 'state', m.state,
        'isInDoubt', zoho_sync.is_in_doubt(v_found.type, v_found.id), 'snapshot', m.snapshot,
        'zohoModifiedAt', m.zoho_modified_at)
      from public.zoho_entity_mappings m where m.circletel_type = v_found.type and m.circletel_id = v_found.id),
    'writes', zoho_sync.writes_of(v_found.type, v_found.id),
    'hold', zoho_sync.hold_of(v_found.type, v_found.id),
    'erasedAt', (select e.erased_at from zoho_sync.erased_people e where e.customer_id = v_found.id),
    'queue', zoho_sync.queue_items(array(
      select q from public.zoho_sync_queue q where q.entity_type = v_found.type and q.entity_id = v_found.id))
      -> 0 #- '{cursor}');
end $$;

create or replace function zoho_sync.found_entity(
  p_number text, p_id uuid, out type text, out id uuid, out number text, out status text, out is_gone boolean)
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  select f.* into type, id, number, status
  from (
    select 'contract' as type, c.id, c.contract_number as number, c.status
    from public.contracts c where c.contract_number = p_number or c.id = p_id
    union all
    select 'quote', q.id, q.quote_number, q.status::text
    from public.business_quotes q where q.quote_number = p_number or q.id = p_id
    union all
    select 'invoice', i.id, i.invoice_number, i.status
    from public.customer_invoices i where i.invoice_number = p_number or i.id = p_id
    union all
    select 'customer', cu.id, null, null from public.customers cu where cu.id = p_id) f
  limit 1;
  is_gone := id is null;
  if not is_gone then return; end if;
  select g.type, p_id, g.number into type, id, number
  from (
    select m.circletel_type as type, m.snapshot ->> t.reference as number
    from public.zoho_entity_mappings m join zoho_sync.record_types() t on t.entity_type = m.circletel_type
    where m.circletel_id = p_id
    union all
    select n.entity_type, null from public.zoho_notices n where n.entity_id = p_id
    union all
    select t.entity_type, null from zoho_sync.record_types() t
    where exists (select from public.zoho_sync_logs l where l.entity_type = t.entity_type and l.entity_id = p_id)) g
  limit 1;
end $$;

-- Where Studio finds the rows of a kind: it addresses a table by its oid.
create or replace function zoho_sync.row_address(p_type text) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('table', t.source_table, 'oid', format('public.%I', t.source_table)::regclass::oid::bigint)
  from zoho_sync.record_types() t where t.entity_type = p_type;
$$;

-- The other entities of a sale: a contract's quote, a quote's contracts, both of a customer.
create or replace function zoho_sync.related_entities(p_type text, p_id uuid) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  return (select coalesce(jsonb_agg(jsonb_build_object('entityType', r.type, 'entityId', r.id, 'number', r.number)), '[]')
  from (
    select 'quote' as type, q.id, q.quote_number as number
    from public.business_quotes q
    where (p_type = 'contract' and q.id = (select c.quote_id from public.contracts c where c.id = p_id))
      or (p_type = 'customer' and q.customer_id = p_id)
    union all
    select 'contract', c.id, c.contract_number from public.contracts c
    where (p_type = 'quote' and c.quote_id = p_id) or (p_type = 'customer' and c.customer_id = p_id)
    limit 50) r);
end $$;

-- What the org calls the fields of an entity's record, as it was last read.
create or replace function zoho_sync.labels_of(p_type text) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_object_agg(f.field, f.label), '{}')
  from zoho_sync.record_types() t join public.zoho_fields f on f.module = t.module
  where t.entity_type = p_type and f.problem is distinct from 'missing';
$$;

-- When Zoho last confirmed a write of an entity's record, and how the newest one ended. A look writes nothing.
create or replace function zoho_sync.writes_of(p_type text, p_id uuid) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  return (with attempts as (
    select l.status, coalesce(l.finished_at, l.created_at) as at, l.error_message, l.created_at
    from public.zoho_sync_logs l
    where l.entity_type = p_type and l.entity_id = p_id and l.drain_id is not null
      and l.zoho_entity_type = zoho_sync.zoho_type_of(p_type))
  select jsonb_build_object(
    'confirmedAt', (select a.at from attempts a where a.status = 'success' order by a.created_at desc limit 1),
    'last', (select jsonb_build_object('at', a.at, 'status', a.status, 'error', a.error_message)
      from attempts a order by a.created_at desc limit 1)));
end $$;

-- An invoice by its number; contract and quote numbers are unique.
do $$
begin
  perform zoho_sync.ensure_index('customer_invoices_invoice_number_idx', 'customer_invoices', 'invoice_number',
    p_method => 'hash');
end $$;
