-- The customer and company of an entity: the customer, the company's Account and the person's Contact as far as they are known, what a
-- person answered about that Contact and what becomes of the customer's own change. The arrays go together; p_quote_customers is
-- the customer of the entity's quote. An erased person counts as no customer, except for records that already point to their Contact.
create or replace function zoho_sync.parties(
  p_ids uuid[], p_companies text[], p_customers uuid[], p_quote_customers uuid[])
returns table (entity_id uuid, party jsonb)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select e.id, jsonb_build_object(
    'customer', case when cu.id is not null and (er.customer_id is null or mc.zoho_id is not null) then jsonb_build_object(
      'id', cu.id, 'first_name', cu.first_name, 'last_name', cu.last_name, 'email', cu.email,
      'business_name', cu.business_name) end,
    'internal_test', coalesce(cu.account_type = 'internal_test', false)
      or coalesce(qcu.account_type = 'internal_test', false),
    'account_key', a.account_key,
    'account_id', za.zoho_id,
    'contact', case when mc.zoho_id is not null then jsonb_build_object('zoho_id', mc.zoho_id,
      'is_unlinked', mc.state = 'unlinked' or er.customer_id is not null,
      -- What a write whose answer was lost has touched is not known any more, and is sent again.
      'snapshot', mc.snapshot - array(
        select jsonb_object_keys(l.request_payload) from public.zoho_sync_logs l
        where l.entity_type = 'customer' and l.entity_id = cu.id and l.outcome = 'unknown')) end,
    'contact_answer', (
      select jsonb_build_object('choice', n.answer, 'chosen_id', n.chosen_id, 'candidates', n.theirs)
      from public.zoho_questions n
      where n.entity_type = 'customer' and n.entity_id = cu.id and n.kind = 'contact_match' and n.closed_at is null
        and n.answer is not null),
    -- The answer is remembered by its question.
    'contact_merged', mc.zoho_id is null and exists (
      select from public.zoho_questions n
      where n.entity_type = 'customer' and n.entity_id = cu.id and n.kind = 'contact_match' and n.reason = 'merged'
        and (n.closed_at is null and n.answer is null or n.answer = 'keep')),
    'customer_change', case
      when 'customer' <> all (s.synced_types) then 'off'
      when exists (select from public.zoho_sync_queue w
        where w.entity_type = 'customer' and w.entity_id = cu.id and w.error_code is not null
          and (w.status = 'dead' or w.status = 'pending' and w.next_attempt_at > now())) then 'waits'
      else 'free' end)
  from unnest(p_ids, p_companies, p_customers, p_quote_customers) e (id, company, customer_id, quote_customer_id)
  cross join public.zoho_sync_state s
  left join public.customers qcu on qcu.id = e.quote_customer_id
  left join public.customers cu on cu.id = coalesce(e.customer_id, e.quote_customer_id)
  cross join lateral (select zoho_sync.account_key(e.company, cu.business_name, cu.id)) a (account_key)
  left join public.zoho_accounts za on za.account_key = a.account_key
  left join public.zoho_entity_mappings mc
    on mc.circletel_type = 'customer' and mc.circletel_id = cu.id and mc.zoho_type = 'Contacts'
  left join zoho_sync.erased_people er on er.customer_id = cu.id;
end $$;
