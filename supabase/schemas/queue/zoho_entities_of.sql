-- Which entities a row speaks for (by-hand calls, database webhooks). { found, entities: [{entity_type, entity_id}] }
create or replace function public.zoho_entities_of(p_entity text, p_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  with sessions as (
    select s.id, s.quote_id from public.kyc_sessions s
    where (p_entity = 'kyc_session' and s.id = p_id)
      or (p_entity = 'rica_submission'
        and s.id = (select r.kyc_session_id from public.rica_submissions r where r.id = p_id))),
  entities as (
    select p_entity as entity_type, p_id as entity_id
    where p_entity in ('contract', 'quote', 'customer', 'invoice')
    union
    select e.entity_type, e.entity_id from zoho_sync.customer_entities(array[p_id]) e where p_entity = 'customer'
    union
    select 'contract', c.id from public.contracts c where p_entity = 'quote' and c.quote_id = p_id
    union
    select 'contract', c.id from public.contracts c join sessions s
      on c.kyc_session_id = s.id or (c.kyc_session_id is null and c.quote_id = s.quote_id)
    union
    select 'quote', s.quote_id from sessions s where p_entity = 'kyc_session')
  select jsonb_build_object(
    'found', case p_entity
      when 'kyc_session' then exists (select from public.kyc_sessions s where s.id = p_id)
      when 'rica_submission' then exists (select from public.rica_submissions r where r.id = p_id)
      else not exists (select from zoho_sync.missing_entities(array[p_entity], array[p_id])) end,
    'entities', coalesce((
      select jsonb_agg(to_jsonb(e) order by e.entity_type, c.created_at desc nulls last, e.entity_id)
      from entities e left join public.contracts c on e.entity_type = 'contract' and c.id = e.entity_id), '[]'));
$$;
