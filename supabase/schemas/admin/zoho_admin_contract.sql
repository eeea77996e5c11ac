-- One entity by its number, or by its id; null when there is none. `source` is what its projection is made of.
create or replace function public.zoho_admin_contract(p_number text default null, p_id uuid default null) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_type text;
  v_id uuid;
  v_number text;
  v_status text;
begin
  select f.type, f.id, f.number, f.status into v_type, v_id, v_number, v_status
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
  if v_id is null then return null; end if;
  return jsonb_build_object(
    'entityType', v_type, 'entityId', v_id, 'number', v_number, 'status', v_status,
    'related', coalesce((
      select jsonb_agg(jsonb_build_object('entityType', r.type, 'entityId', r.id, 'number', r.number))
      from (
        select 'quote' as type, q.id, q.quote_number as number
        from public.business_quotes q
        where (v_type = 'contract' and q.id = (select c.quote_id from public.contracts c where c.id = v_id))
          or (v_type = 'customer' and q.customer_id = v_id)
        union all
        select 'contract', c.id, c.contract_number from public.contracts c
        where (v_type = 'quote' and c.quote_id = v_id) or (v_type = 'customer' and c.customer_id = v_id)
        limit 50) r), '[]'),
    'source', (select s.source from zoho_sync.sources(array[v_type], array[v_id]) s),
    'mapping', (
      select jsonb_build_object('zohoType', m.zoho_type, 'zohoId', m.zoho_id, 'state', m.state,
        'isInDoubt', zoho_sync.is_in_doubt(v_type, v_id), 'snapshot', m.snapshot,
        'zohoModifiedAt', m.zoho_modified_at, 'lastSyncedAt', m.last_synced_at)
      from public.zoho_entity_mappings m where m.circletel_type = v_type and m.circletel_id = v_id),
    'hold', zoho_sync.hold_of(v_type, v_id),
    'queue', zoho_sync.queue_items(array(
      select q from public.zoho_sync_queue q where q.entity_type = v_type and q.entity_id = v_id)) -> 0 #- '{cursor}');
end $$;

-- An invoice by its number; contract and quote numbers are unique.
do $$
begin
  perform zoho_sync.ensure_index('customer_invoices_invoice_number_idx', 'customer_invoices', 'invoice_number');
end $$;
