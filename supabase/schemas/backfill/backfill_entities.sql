-- Every entity of a kind, and when it was made.
create or replace function zoho_sync.backfill_entities(p_entity_type text) returns table (id uuid, made_at timestamptz)
language sql stable set search_path = '' as $$
  select c.id, c.created_at from public.contracts c where p_entity_type = 'contract'
  union all
  select q.id, q.created_at from public.business_quotes q where p_entity_type = 'quote'
  union all
  select cu.id, cu.created_at from public.customers cu where p_entity_type = 'customer'
  union all
  select i.id, i.created_at from public.customer_invoices i where p_entity_type = 'invoice';
$$;
