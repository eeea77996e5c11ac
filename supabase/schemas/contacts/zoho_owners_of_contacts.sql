-- Which of these Contacts are a customer's already, linked to it or carrying its reference (p_contacts: [{id, reference}]). One
-- whose customer was deleted has no owner. Answers [{id, customer_id}].
create or replace function public.zoho_owners_of_contacts(p_contacts jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'customer_id', cu.id)), '[]')
  from jsonb_to_recordset(p_contacts) c (id text, reference text)
  left join public.zoho_entity_mappings m on m.zoho_type = 'Contacts' and m.zoho_id = c.id and m.state <> 'orphaned'
  join public.customers cu on cu.id = coalesce(m.circletel_id, zoho_sync.uuid_of(c.reference));
$$;

-- Null for a text that is no uuid, which a person may have typed.
create or replace function zoho_sync.uuid_of(p_text text) returns uuid
language sql immutable set search_path = '' as $$
  select case when p_text ~* '^\s*[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\s*$' then btrim(p_text)::uuid end;
$$;
