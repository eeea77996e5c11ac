-- What can be looked for of these entities, as their rows are now. Of customers and invoices only those of the CRM: a
-- consumer's name is not copied, nor is anything of a person who was erased (POPIA).
create or replace function zoho_sync.search_rows(p_entity_type text, p_ids uuid[])
returns table (entity_id uuid, number text, company text, person text, account_key text, is_erased boolean)
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
begin
  if p_entity_type = 'contract' then
    return query select c.id, c.contract_number::text, n.company, n.person, n.account_key, n.is_erased
    from public.contracts c
    join public.business_quotes q on q.id = c.quote_id
    left join public.customers cu on cu.id = coalesce(c.customer_id, q.customer_id)
    cross join lateral zoho_sync.search_names(q.company_name, cu.business_name, cu.first_name, cu.last_name, cu.id) n
    where c.id = any (p_ids);
  elsif p_entity_type = 'quote' then
    return query select q.id, q.quote_number::text, n.company, n.person, n.account_key, n.is_erased
    from public.business_quotes q
    left join public.customers cu on cu.id = q.customer_id
    cross join lateral zoho_sync.search_names(q.company_name, cu.business_name, cu.first_name, cu.last_name, cu.id) n
    where q.id = any (p_ids);
  elsif p_entity_type = 'invoice' then
    return query select i.id, i.invoice_number::text, n.company, n.person, n.account_key, n.is_erased
    from public.customer_invoices i
    join zoho_sync.crm_customers(array(select v.customer_id from public.customer_invoices v where v.id = any (p_ids))) crm (id)
      on crm.id = i.customer_id
    join public.customers cu on cu.id = i.customer_id
    -- One without a business of their own is billed under the company of their newest quote.
    left join lateral (
      select bq.company_name from public.business_quotes bq where bq.customer_id = cu.id
      order by bq.created_at desc nulls last, bq.id desc limit 1) q on true
    cross join lateral zoho_sync.search_names(cu.business_name, q.company_name, cu.first_name, cu.last_name, cu.id) n
    where i.id = any (p_ids);
  elsif p_entity_type = 'customer' then
    return query select cu.id, null::text, n.company, n.person, n.account_key, n.is_erased
    from public.customers cu
    cross join lateral zoho_sync.search_names(cu.business_name, null, cu.first_name, cu.last_name, cu.id) n
    where cu.id in (select crm.id from zoho_sync.crm_contacts(p_ids) crm (id));
  end if;
end $$;

-- A company as it is shown, the customer's name, and the key of the company's Account. Of a person who was erased only the company
-- that they bought for.
create or replace function zoho_sync.search_names(
  p_company text, p_other_company text, p_first_name text, p_last_name text, p_customer_id uuid,
  out company text, out person text, out account_key text, out is_erased boolean)
language plpgsql stable set search_path = '' as $$
begin
  company := coalesce(nullif(btrim(p_company), ''), nullif(btrim(p_other_company), ''));
  account_key := zoho_sync.account_key(p_company, p_other_company, p_customer_id);
  person := nullif(btrim(concat_ws(' ', btrim(p_first_name), btrim(p_last_name))), '');
  is_erased := false;
  if exists (select from zoho_sync.erased_people e where e.customer_id = p_customer_id) then
    is_erased := coalesce(lower(company) = lower(person), false);
    if is_erased then company := null; end if;
    person := null;
    if company is null then account_key := null; end if;
  end if;
end $$;

-- Writes the entries of these entities, those that differ only, and removes those of entities that are not to be found. Of a text
-- that a person types by the page only what a reader looks for is kept.
create or replace function zoho_sync.write_search(p_entity_type text, p_ids uuid[]) returns void
language sql set search_path = '' as $$
  with wanted as materialized (
    select r.entity_id, left(r.number, 200) as number, case when not x.is_erased then left(r.company, 200) end as company,
      case when not x.is_erased then left(r.person, 200) end as person,
      case when not x.is_erased then r.account_key end as account_key, m.zoho_id, x.is_erased
    from zoho_sync.search_rows(p_entity_type, p_ids) r
    cross join lateral (select r.is_erased or exists (select from zoho_sync.search_entries o
      where o.entity_type = p_entity_type and o.entity_id = r.entity_id and o.is_erased)) x (is_erased)
    left join public.zoho_entity_mappings m on m.circletel_type = p_entity_type and m.circletel_id = r.entity_id),
  gone as (
    delete from zoho_sync.search_entries s
    where s.entity_type = p_entity_type and s.entity_id = any (p_ids)
      and not exists (select from wanted w where w.entity_id = s.entity_id))
  insert into zoho_sync.search_entries as s (entity_type, entity_id, number, company, person, zoho_id, account_key, is_erased)
  select p_entity_type, w.entity_id, w.number, w.company, w.person, w.zoho_id, w.account_key, w.is_erased from wanted w
  left join zoho_sync.search_entries e on e.entity_type = p_entity_type and e.entity_id = w.entity_id
  where e.entity_id is null or (e.number, e.company, e.person, e.zoho_id, e.account_key, e.is_erased)
    is distinct from (w.number, w.company, w.person, w.zoho_id, w.account_key, w.is_erased)
  on conflict (entity_type, entity_id) do update set
    number = excluded.number, company = excluded.company, person = excluded.person, zoho_id = excluded.zoho_id,
    account_key = excluded.account_key, is_erased = excluded.is_erased;
$$;
