-- The customers who go to the CRM as Contacts.
create or replace function zoho_sync.customer_sources(p_ids uuid[]) returns table (customer_id uuid, source jsonb)
language sql stable set search_path = '' as $$
  with wanted as materialized (select cu.id from zoho_sync.crm_contacts(p_ids) cu (id))
  select p.entity_id, p.party
  from zoho_sync.parties(
    array(select w.id from wanted w order by w.id), array(select null::text from wanted),
    array(select w.id from wanted w order by w.id), '{}') p;
$$;
