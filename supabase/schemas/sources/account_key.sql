-- The steps of a drain, each one transaction and one round trip. Called by rpc() with the service role only.

-- A company is one Account however its name is cased or spaced; a private person is known by the customer's id. A name is told by
-- its first 200 characters, which is what Zoho keeps of it; an index row has no room for every text.
create or replace function zoho_sync.account_key(p_company text, p_business text, p_customer_id uuid) returns text
language sql immutable set search_path = '' as $$
  select coalesce(
    'company:' || nullif(left(lower(regexp_replace(btrim(p_company), '\s+', ' ', 'g')), 200), ''),
    'company:' || nullif(left(lower(regexp_replace(btrim(p_business), '\s+', ' ', 'g')), 200), ''),
    'customer:' || p_customer_id::text);
$$;
