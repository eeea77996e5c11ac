-- The steps of a drain, each one transaction and one round trip. Called by rpc() with the service role only.

-- A company is one Account however its name is cased or spaced; a private person is known by the customer's id.
create or replace function zoho_sync.account_key(p_company text, p_business text, p_customer_id uuid) returns text
language sql immutable set search_path = '' as $$
  select coalesce(
    'company:' || nullif(lower(regexp_replace(btrim(p_company), '\s+', ' ', 'g')), ''),
    'company:' || nullif(lower(regexp_replace(btrim(p_business), '\s+', ' ', 'g')), ''),
    'customer:' || p_customer_id::text);
$$;
