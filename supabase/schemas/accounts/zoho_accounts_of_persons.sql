-- Which of these Accounts belong to private customers, and to whom: people of one name are many.
create or replace function public.zoho_accounts_of_persons(p_zoho_ids text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', a.zoho_id, 'person', a.account_key)), '[]')
  from public.zoho_accounts a
  where a.zoho_id = any (p_zoho_ids) and a.account_key like 'customer:%';
$$;
