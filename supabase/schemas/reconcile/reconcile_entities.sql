-- Rows of a kind that own a record in Zoho, or must never have one (is_internal: a test customer's, or a consumer's); all of
-- them, or those of these ids or numbers. Without a number there is nothing yet that a record could be
-- found by; a customer's is its id.
create or replace function zoho_sync.reconcile_entities(
  p_entity_type text, p_ids uuid[] default null, p_references text[] default null)
returns table (entity_id uuid, reference text, known_id text, changed_at timestamptz, is_internal boolean)
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  if cardinality(p_ids) = 0 or cardinality(p_references) = 0 then return; end if;
  if p_entity_type = 'contract' then
    return query select c.id, c.contract_number::text, c.zoho_deal_id::text, c.updated_at,
      coalesce(cu.account_type = 'internal_test', false) or coalesce(qcu.account_type = 'internal_test', false)
    from public.contracts c
    join public.business_quotes q on q.id = c.quote_id
    left join public.customers cu on cu.id = c.customer_id
    left join public.customers qcu on qcu.id = q.customer_id
    where (p_ids is null or c.id = any (p_ids)) and (p_references is null or c.contract_number = any (p_references));
  elsif p_entity_type = 'quote' then
    return query select q.id, q.quote_number::text, null::text, q.updated_at, coalesce(cu.account_type = 'internal_test', false)
    from public.business_quotes q left join public.customers cu on cu.id = q.customer_id
    where btrim(q.quote_number) <> ''
      and (p_ids is null or q.id = any (p_ids)) and (p_references is null or q.quote_number = any (p_references));
  elsif p_entity_type = 'invoice' then
    return query with found as materialized (
      select i.* from public.customer_invoices i
      where btrim(i.invoice_number) <> ''
        and (p_ids is null or i.id = any (p_ids)) and (p_references is null or i.invoice_number = any (p_references)))
    select i.id, i.invoice_number::text, null::text, i.updated_at, crm.id is null
    from found i
    left join zoho_sync.crm_customers(array(select f.customer_id from found f)) crm (id) on crm.id = i.customer_id;
  elsif p_entity_type = 'customer' then
    return query with found as materialized (
      select cu.id, cu.updated_at from public.customers cu
      where (p_ids is null or cu.id = any (p_ids))
        and (p_references is null or cu.id = any (array(select zoho_sync.uuid_of(r) from unnest(p_references) r))))
    select cu.id, cu.id::text, null::text, cu.updated_at, crm.id is null
    from found cu
    left join zoho_sync.crm_customers(array(select f.id from found f)) crm (id) on crm.id = cu.id;
  end if;
end $$;
