-- Which of these links are remembered, and Deals that point to them: in a merge Zoho moves its Deals to the master, which
-- is how the master is known. [{zoho_id, deal_ids}]
create or replace function public.zoho_deals_of_links(p_zoho_type text, p_ids text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('zoho_id', l.zoho_id, 'deal_ids', l.deal_ids)), '[]')
  from (
    select i.zoho_id, coalesce(jsonb_agg(d.zoho_id) filter (where d.zoho_id is not null), '[]') as deal_ids
    from unnest(p_ids) i (zoho_id)
    left join lateral (
      select m.zoho_id from public.zoho_entity_mappings m
      where p_zoho_type <> 'Products' and m.zoho_type = 'Deals' and m.state = 'linked'
        and m.snapshot #>> array[case p_zoho_type when 'Accounts' then 'Account_Name' else 'Contact_Name' end, 'id']
          = i.zoho_id
      limit 10) d on true
    where case p_zoho_type
      when 'Accounts' then exists (select from public.zoho_accounts a where a.zoho_id = i.zoho_id)
      when 'Products' then exists (select from public.zoho_products p where p.zoho_id = i.zoho_id)
      else exists (select from public.zoho_entity_mappings m where m.zoho_type = 'Contacts' and m.zoho_id = i.zoho_id)
      end
    group by i.zoho_id) l;
$$;
