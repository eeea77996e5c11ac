-- The sources of a mixed lot; none for a kind that is switched off or for a row that does not go to the CRM.
create or replace function zoho_sync.sources(p_types text[], p_ids uuid[])
returns table (entity_type text, entity_id uuid, source jsonb)
language sql stable set search_path = '' as $$
  with wanted as materialized (
    select u.entity_type, u.id from unnest(p_types, p_ids) u (entity_type, id), public.zoho_sync_state s
    where u.entity_type = any (s.synced_types))
  select 'contract', s.contract_id, s.source
  from zoho_sync.contract_sources(array(select w.id from wanted w where w.entity_type = 'contract')) s
  union all
  select 'quote', s.quote_id, s.source
  from zoho_sync.quote_sources(array(select w.id from wanted w where w.entity_type = 'quote')) s
  union all
  select 'customer', s.customer_id, s.source
  from zoho_sync.customer_sources(array(select w.id from wanted w where w.entity_type = 'customer')) s
  union all
  select 'invoice', s.invoice_id, s.source
  from zoho_sync.invoice_sources(array(select w.id from wanted w where w.entity_type = 'invoice')) s;
$$;
