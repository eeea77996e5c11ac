-- { key: Zoho id } of the keys that are known.
create or replace function public.zoho_known_products(p_keys text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_object_agg(p.product_key, p.zoho_id), '{}')
  from public.zoho_products p where p.product_key = any (p_keys);
$$;
