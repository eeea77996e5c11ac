-- Everything a record's projection needs, and nothing else: no phone, ID number, address or document.
-- A contract that names a KYC session is judged by that one; otherwise, as a quote is, by the newest of the quote. A row that
-- does not say when it was made is older than one that does. valid_until is there for a contract that does not say it.
create or replace function zoho_sync.contract_sources(p_ids uuid[]) returns table (contract_id uuid, source jsonb)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with wanted as materialized (
    select c.id, c.contract_number, c.status, c.total_contract_value, c.start_date, c.fully_signed_date, c.created_at,
      c.zoho_deal_id, c.kyc_session_id, c.quote_id, c.customer_id,
      q.company_name, q.customer_id as quote_customer_id,
      case when c.created_at is null then q.valid_until end as valid_until
    from public.contracts c join public.business_quotes q on q.id = c.quote_id
    where c.id = any (p_ids))
  select c.id, p.party || jsonb_build_object(
    'contract', jsonb_build_object(
      'id', c.id, 'contract_number', c.contract_number, 'status', c.status,
      'total_contract_value', c.total_contract_value, 'start_date', c.start_date,
      'fully_signed_date', c.fully_signed_date, 'created_at', c.created_at, 'zoho_deal_id', c.zoho_deal_id),
    'quote', jsonb_build_object('id', c.quote_id, 'company_name', c.company_name, 'valid_until', c.valid_until),
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
    order by s.created_at desc nulls last, s.id desc
    limit 1) k on true
  left join lateral (
    select rs.id, rs.status
    from public.kyc_sessions s join public.rica_submissions rs on rs.kyc_session_id = s.id
    where s.id = c.kyc_session_id or (c.kyc_session_id is null and s.quote_id = c.quote_id)
    order by rs.created_at desc nulls last, rs.id desc
    limit 1) r on true;
end $$;
