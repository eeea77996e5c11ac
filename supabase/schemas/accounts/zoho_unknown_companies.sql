-- The numbers that CircleTel has of companies, as they are written there: of the quotes in the company's name and of
-- the customers whose business it is.
create or replace function zoho_sync.company_numbers(p_keys text[])
returns table (account_key text, registration_number text, vat_number text)
language sql stable set search_path = '' as $$
  with names as (
    select distinct substr(k, length('company:') + 1) as name from unnest(p_keys) k where k like 'company:%')
  select 'company:' || n.name, q.registration_number, q.vat_number
  from names n
  join public.business_quotes q on left(lower(regexp_replace(btrim(q.company_name), '\s+', ' ', 'g')), 200) = n.name
  where q.registration_number is not null or q.vat_number is not null
  union
  select 'company:' || n.name, c.business_registration, c.tax_number
  from names n
  join public.customers c on left(lower(regexp_replace(btrim(c.business_name), '\s+', ' ', 'g')), 200) = n.name
  where c.business_registration is not null or c.tax_number is not null;
$$;

-- The leading digits under which other writings of a registration number are found: CK98/12345/23 is
-- 1998/012345/23. A little too many rows may come of it; the program compares the numbers themselves.
create or replace function zoho_sync.registration_digits(p_number text) returns text[]
language sql immutable set search_path = '' as $$
  with d (digits, short) as (
    select regexp_replace(p_number, '\D', '', 'g'), regexp_match(p_number, '(?:^|\D)(\d{2})\D+(\d{1,6})\D+(\d{2})\D*$'))
  select array_remove(array[
    left(d.digits, 10),
    case when d.digits ~ '^(19|20)\d{2}0\d{7}$' then substr(d.digits, 3, 2) || substr(d.digits, 6, 7) end,
    case when d.short is not null
      then case when d.short[1] >= '30' then '19' else '20' end || d.short[1] || lpad(d.short[2], 6, '0') end], null)
  from d where length(d.digits) >= 8;
$$;

-- For companies without an Account: what our rows say of them, what is remembered of companies that may be the same,
-- and what a person has said. One round trip for a wave.
--   p_companies [{account_key, normalised_name}]   (normalised_name null for a private person)
-- Answers { companies: [{account_key, registrations, vats, declined, asked}],
--           remembered: [{account_key, zoho_id, registrations, vats}],
--           accounts: how many Zoho has at least }; numbers as CircleTel's rows have them.
create or replace function public.zoho_unknown_companies(p_companies jsonb) returns jsonb
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_keys text[];
  v_names text[];
  v_digits text[];
  v_vats text[];
  v_alike text[];
begin
  select array_agg(c.account_key), array_agg(distinct c.normalised_name) filter (where c.normalised_name is not null)
  into v_keys, v_names
  from jsonb_to_recordset(p_companies) c (account_key text, normalised_name text);

  insert into zoho_sync.account_names as n (account_key, normalised_name)
  select distinct on (c.account_key) c.account_key, c.normalised_name
  from jsonb_to_recordset(p_companies) c (account_key text, normalised_name text)
  where c.normalised_name is not null
  order by c.account_key
  on conflict (account_key) do update set normalised_name = excluded.normalised_name
    where n.normalised_name <> excluded.normalised_name;

  select array_agg(distinct d.digits), array_agg(distinct left(regexp_replace(n.vat_number, '\D', '', 'g'), 20))
    filter (where n.vat_number ~ '\d')
  into v_digits, v_vats
  from zoho_sync.company_numbers(v_keys) n
  left join lateral unnest(zoho_sync.registration_digits(n.registration_number)) d (digits) on true;

  select array_agg(k.account_key) into v_alike from (
    select n.account_key from zoho_sync.account_names n where n.normalised_name = any (v_names)
    union
    select zoho_sync.account_key(q.company_name, null, null) from public.business_quotes q
    where left(regexp_replace(q.registration_number, '\D', '', 'g'), 10) = any (v_digits)
    union
    select zoho_sync.account_key(q.company_name, null, null) from public.business_quotes q
    where left(regexp_replace(q.vat_number, '\D', '', 'g'), 20) = any (v_vats)
    union
    select zoho_sync.account_key(c.business_name, null, null) from public.customers c
    where left(regexp_replace(c.business_registration, '\D', '', 'g'), 10) = any (v_digits)
    union
    select zoho_sync.account_key(c.business_name, null, null) from public.customers c
    where left(regexp_replace(c.tax_number, '\D', '', 'g'), 20) = any (v_vats)) k;
  select coalesce(array_agg(a.account_key), '{}') into v_alike
  from public.zoho_accounts a where a.account_key = any (v_alike);

  return (
    with numbers as (
      select n.account_key,
        coalesce(jsonb_agg(distinct n.registration_number) filter (where n.registration_number is not null), '[]')
          as registrations,
        coalesce(jsonb_agg(distinct n.vat_number) filter (where n.vat_number is not null), '[]') as vats
      from zoho_sync.company_numbers(v_keys || v_alike) n
      group by n.account_key)
    select jsonb_build_object(
      'accounts', (select count(distinct a.zoho_id) from public.zoho_accounts a),
      'companies', coalesce((
        select jsonb_agg(jsonb_build_object(
          'account_key', k.account_key,
          'registrations', coalesce(n.registrations, '[]'), 'vats', coalesce(n.vats, '[]'),
          'declined', to_jsonb(zoho_sync.declined_accounts(k.account_key)),
          'asked', exists (
            select from public.zoho_questions q where q.account_key = k.account_key and q.closed_at is null)))
        from (select distinct unnest(v_keys) as account_key) k
        left join numbers n on n.account_key = k.account_key), '[]'),
      'remembered', coalesce((
        select jsonb_agg(jsonb_build_object(
          'account_key', a.account_key, 'zoho_id', a.zoho_id,
          'registrations', coalesce(n.registrations, '[]'), 'vats', coalesce(n.vats, '[]')) order by a.account_key)
        from public.zoho_accounts a
        left join numbers n on n.account_key = a.account_key
        where a.account_key = any (v_alike)), '[]')));
end $$;

-- Rows by company and by number. Built-in functions only: an index expression runs with the rights of the role that writes
-- the row, and CircleTel's own users may run nothing of ours. Digits: 2015/123456/07, 201512345607 and K2015123456
-- begin with the same ten. Cut, since a text that has no room in an index row would fail CircleTel's own write.
do $$
begin
  perform zoho_sync.ensure_index(i.name, i.tbl, i.expression)
  from (values
    ('business_quotes_company_key_idx', 'business_quotes',
      $i$left(lower(regexp_replace(btrim(company_name), '\s+', ' ', 'g')), 200)$i$),
    ('customers_company_key_idx', 'customers',
      $i$left(lower(regexp_replace(btrim(business_name), '\s+', ' ', 'g')), 200)$i$),
    ('business_quotes_registration_digits_idx', 'business_quotes',
      $i$left(regexp_replace(registration_number, '\D', '', 'g'), 10)$i$),
    ('customers_registration_digits_idx', 'customers',
      $i$left(regexp_replace(business_registration, '\D', '', 'g'), 10)$i$),
    ('business_quotes_vat_digits_idx', 'business_quotes', $i$left(regexp_replace(vat_number, '\D', '', 'g'), 20)$i$),
    ('customers_tax_digits_idx', 'customers', $i$left(regexp_replace(tax_number, '\D', '', 'g'), 20)$i$)
  ) i (name, tbl, expression);
end $$;
