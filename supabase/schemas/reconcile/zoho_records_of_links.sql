-- Which of these Accounts or Contacts are remembered, and records that point to them: in a merge Zoho moves those to the master,
-- which is how the master is known. [{zoho_id, records: [{module, id}]}]
create or replace function public.zoho_records_of_links(p_zoho_type text, p_ids text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('zoho_id', l.zoho_id, 'records', l.records)), '[]')
  from (
    select i.zoho_id, coalesce(jsonb_agg(jsonb_build_object('module', p.module, 'id', p.zoho_id))
      filter (where p.zoho_id is not null), '[]') as records
    from unnest(p_ids) i (zoho_id)
    left join lateral (
      select m.zoho_id, t.module from (
        select a.* from public.zoho_entity_mappings a
        where p_zoho_type = 'Accounts' and a.snapshot #>> '{Account_Name,id}' = i.zoho_id
        union all
        select c.* from public.zoho_entity_mappings c
        where p_zoho_type = 'Contacts' and c.snapshot #>> '{Contact_Name,id}' = i.zoho_id) m
      join zoho_sync.record_types() t on t.entity_type = m.circletel_type
      where m.state = 'linked' limit 10) p on true
    where case p_zoho_type
      when 'Accounts' then exists (select from public.zoho_accounts a where a.zoho_id = i.zoho_id)
      else exists (select from public.zoho_entity_mappings m where m.zoho_type = 'Contacts' and m.zoho_id = i.zoho_id)
      end
    group by i.zoho_id) l;
$$;
