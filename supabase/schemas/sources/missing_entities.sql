-- Those of the entities whose row is not there.
create or replace function zoho_sync.missing_entities(p_types text[], p_ids uuid[])
returns table (entity_type text, entity_id uuid)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select e.entity_type, e.id from unnest(p_types, p_ids) e (entity_type, id)
  where not case e.entity_type
    when 'contract' then exists (select from public.contracts r where r.id = e.id)
    when 'quote' then exists (select from public.business_quotes r where r.id = e.id)
    when 'customer' then exists (select from public.customers r where r.id = e.id)
    when 'invoice' then exists (select from public.customer_invoices r where r.id = e.id)
    else false end;
end $$;
