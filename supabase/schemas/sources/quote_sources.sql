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
      'status', k.status, 'verification_result', k.verification_result) end)
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
    select s.id, s.status, s.verification_result
    from public.kyc_sessions s where s.quote_id = q.id
    order by s.created_at desc nulls last, s.id desc
    limit 1) k on true;
$$;
