-- Of these customers, those who go to the CRM: businesses, and customers with a quote or a contract. Consumers never do
-- (POPIA).
create or replace function zoho_sync.crm_customers(p_ids uuid[]) returns setof uuid
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select cu.id from public.customers cu
  where cu.id = any (p_ids) and cu.account_type is distinct from 'internal_test'
    and (cu.account_type = 'business'
      or exists (select from public.business_quotes q where q.customer_id = cu.id)
      or exists (select from public.contracts c where c.customer_id = cu.id));
end $$;

-- Of these customers, those who have a Contact in the CRM or are to get one: not who was erased.
create or replace function zoho_sync.crm_contacts(p_ids uuid[]) returns setof uuid
language sql stable set search_path = '' as $$
  select crm.id from zoho_sync.crm_customers(p_ids) crm (id)
  where not exists (select from zoho_sync.erased_people e where e.customer_id = crm.id);
$$;

-- Of these entities, those that have a record in the CRM or are to get one. Not: kinds that are switched off, rows of
-- internal_test customers, consumers, quotes and invoices without a number, and ids that are no row.
create or replace function zoho_sync.crm_entities(p_types text[], p_ids uuid[])
returns table (entity_type text, entity_id uuid)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with wanted as materialized (
    select distinct u.entity_type, u.id from unnest(p_types, p_ids) u (entity_type, id), public.zoho_sync_state s
    where u.entity_type = any (s.synced_types))
  select 'contract', c.id
  from wanted w
  join public.contracts c on c.id = w.id
  join public.business_quotes q on q.id = c.quote_id
  left join public.customers cu on cu.id = c.customer_id
  left join public.customers qcu on qcu.id = q.customer_id
  where w.entity_type = 'contract' and cu.account_type is distinct from 'internal_test'
    and qcu.account_type is distinct from 'internal_test'
  union all
  select 'quote', q.id
  from wanted w
  join public.business_quotes q on q.id = w.id
  left join public.customers cu on cu.id = q.customer_id
  where w.entity_type = 'quote' and cu.account_type is distinct from 'internal_test' and btrim(q.quote_number) <> ''
  union all
  select 'customer', cu.id
  from zoho_sync.crm_contacts(array(select w.id from wanted w where w.entity_type = 'customer')) cu (id)
  union all
  select 'invoice', i.id
  from wanted w
  join public.customer_invoices i on i.id = w.id
  where w.entity_type = 'invoice' and btrim(i.invoice_number) <> ''
    and i.customer_id in (select cu.id from zoho_sync.crm_customers(array(
      select v.customer_id from wanted x join public.customer_invoices v on v.id = x.id
      where x.entity_type = 'invoice')) cu (id));
end $$;

-- Everything whose record shows one of these customers: as Contact, or by the name of the Account.
create or replace function zoho_sync.customer_entities(p_customer_ids uuid[])
returns table (customer_id uuid, entity_type text, entity_id uuid)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select cu.id, 'customer', cu.id from public.customers cu where cu.id = any (p_customer_ids)
  union all
  select c.customer_id, 'contract', c.id from public.contracts c where c.customer_id = any (p_customer_ids)
  union all
  select q.customer_id, 'contract', c.id from public.business_quotes q join public.contracts c on c.quote_id = q.id
  where q.customer_id = any (p_customer_ids)
  union all
  select q.customer_id, 'quote', q.id from public.business_quotes q where q.customer_id = any (p_customer_ids)
  union all
  select i.customer_id, 'invoice', i.id from public.customer_invoices i where i.customer_id = any (p_customer_ids);
end $$;
