-- A person without a business of their own is billed under the company of their newest quote, as their Deals are.
create or replace function zoho_sync.invoice_sources(p_ids uuid[]) returns table (invoice_id uuid, source jsonb)
language sql stable set search_path = '' as $$
  with wanted as materialized (
    select i.id, i.customer_id, i.invoice_number, i.invoice_date, i.due_date, i.total_amount, i.status,
      coalesce(nullif(btrim(cu.business_name), ''), q.company_name) as company_name
    from public.customer_invoices i join public.customers cu on cu.id = i.customer_id
    left join lateral (
      select bq.company_name from public.business_quotes bq where bq.customer_id = i.customer_id
      order by bq.created_at desc nulls last, bq.id desc
      limit 1) q on true
    where i.id = any (p_ids) and btrim(i.invoice_number) <> ''
      and i.customer_id in (select crm.id from zoho_sync.crm_customers(array(
        select v.customer_id from public.customer_invoices v where v.id = any (p_ids))) crm (id)))
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
