-- Names for people to read where the tables keep ids: read on request and not stored.

-- An admin by name; what acted without one ("secret key") or is gone as it was written down.
create or replace function zoho_sync.actor_name(p_actor text) returns text
language sql stable set search_path = '' as $$
  -- Production's admin_users may have no full_name.
  select coalesce(
    (select coalesce(to_jsonb(u) ->> 'full_name', to_jsonb(u) ->> 'email') from public.admin_users u where u.id::text = p_actor),
    p_actor);
$$;

-- Contract, quote or invoice number; null for a customer or a deleted row. Called for each row of a page: a join over a
-- page may be planned as a hash of all contracts.
create or replace function zoho_sync.entity_number(p_type text, p_id uuid) returns text
language plpgsql stable set search_path = '' as $$
begin
  return case p_type
    when 'contract' then (select c.contract_number from public.contracts c where c.id = p_id)
    when 'quote' then (select q.quote_number from public.business_quotes q where q.id = p_id)
    when 'invoice' then (select i.invoice_number from public.customer_invoices i where i.id = p_id) end;
end $$;

-- The company, or the person where there is none.
create or replace function zoho_sync.customer_name(p_customer uuid) returns text
language sql stable set search_path = '' as $$
  select coalesce(nullif(btrim(cu.business_name), ''), nullif(btrim(concat_ws(' ', cu.first_name, cu.last_name)), ''))
  from public.customers cu where cu.id = p_customer;
$$;

-- Whose an entity is.
create or replace function zoho_sync.entity_name(p_type text, p_id uuid) returns text
language sql stable set search_path = '' as $$
  select case p_type
    when 'customer' then zoho_sync.customer_name(p_id)
    when 'quote' then (
      select coalesce(nullif(btrim(q.company_name), ''), zoho_sync.customer_name(q.customer_id))
      from public.business_quotes q where q.id = p_id)
    when 'contract' then (
      select coalesce(nullif(btrim(q.company_name), ''), zoho_sync.customer_name(coalesce(c.customer_id, q.customer_id)))
      from public.contracts c left join public.business_quotes q on q.id = c.quote_id where c.id = p_id)
    when 'invoice' then (
      select zoho_sync.customer_name(i.customer_id) from public.customer_invoices i where i.id = p_id) end;
$$;

-- What CircleTel calls the Accounts, Contacts and Products of these ids: {id: {name, zohoType}}. An Account of a company is
-- known by its normalised name only.
create or replace function public.zoho_names_of(p_ids text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_object_agg(n.zoho_id, jsonb_build_object('name', n.name, 'zohoType', n.zoho_type)), '{}')
  from (
    select distinct on (a.zoho_id) a.zoho_id, 'Accounts' as zoho_type,
      case when a.account_key like 'customer:%' then zoho_sync.customer_name(split_part(a.account_key, ':', 2)::uuid)
        else substr(a.account_key, 9) end as name
    from public.zoho_accounts a where a.zoho_id = any (p_ids)
    union all
    select m.zoho_id, 'Contacts', nullif(btrim(concat_ws(' ', cu.first_name, cu.last_name)), '')
    from public.zoho_entity_mappings m join public.customers cu on cu.id = m.circletel_id
    where m.zoho_type = 'Contacts' and m.zoho_id = any (p_ids)
    union all
    select distinct on (p.zoho_id) p.zoho_id, 'Products', p.product_key
    from public.zoho_products p where p.zoho_id = any (p_ids)) n
  where n.name is not null;
$$;
