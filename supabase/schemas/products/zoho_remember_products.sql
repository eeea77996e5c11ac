-- [{product_key, zoho_id, matched_by}]; what is known already stays.
create or replace function public.zoho_remember_products(p_products jsonb) returns void
language sql set search_path = '' as $$
  insert into public.zoho_products (product_key, zoho_id, matched_by)
  select p.product_key, p.zoho_id, p.matched_by
  from jsonb_to_recordset(p_products) p (product_key text, zoho_id text, matched_by text)
  order by p.product_key
  on conflict (product_key) do nothing;
$$;
