-- Whose Account is it? What the drain needs to know of companies that have no Account yet, and the questions that only
-- a person can answer. The rules themselves are in docs/accounts.md and _shared/mapping/account_match.ts.

-- How an Account was found. 'found' is what older versions said of the exact name.
alter table public.zoho_accounts drop constraint if exists zoho_accounts_matched_by_check;
alter table public.zoho_accounts add constraint zoho_accounts_matched_by_check
  check (matched_by in ('found', 'created', 'registration_number', 'vat_number', 'name', 'chosen'));

-- Under which normalised name a company's key is found by its other spellings. The name is the program's to normalise;
-- no number is kept here: numbers are read from the business rows when they are needed.
create table if not exists zoho_sync.account_names (
  account_key text primary key,
  normalised_name text not null
);
create index if not exists account_names_normalised_name_idx on zoho_sync.account_names (normalised_name);
alter table zoho_sync.account_names enable row level security;
revoke all on zoho_sync.account_names from public, anon, authenticated;
grant select, insert, update on zoho_sync.account_names to service_role;

-- Companies whose Account is uncertain: one row for a company, however many of its contracts wait.
create table if not exists public.zoho_account_questions (
  account_key text primary key check (account_key ~ '^(company|customer):.'),
  -- A private person's is masked.
  company_name text not null,
  reason text not null check (reason in ('several_accounts', 'number_and_name_disagree', 'numbers_differ',
    'legal_form_differs', 'trading_name_differs', 'another_person')),
  -- [{id, name, agrees: [...], differs: [...]}]; which kind of number agrees, never the number.
  candidates jsonb not null check (jsonb_typeof(candidates) = 'array'),
  created_at timestamptz not null default now(),
  asked_at timestamptz not null default now(),
  -- Accounts of which a person said that they are not this company's.
  declined text[] not null default '{}',
  answered_at timestamptz,
  -- found: it became certain by itself, because a number or an Account was mended.
  answer text check (answer in ('account', 'create', 'found')),
  zoho_id text,
  answered_by text,
  check ((answered_at is null) = (answer is null)),
  check ((answer = 'account') = (zoho_id is not null))
);
comment on table public.zoho_account_questions is
  'Companies whose Account in Zoho is uncertain; answered through zoho-admin/account-questions.';
create index if not exists zoho_account_questions_open_idx
  on public.zoho_account_questions (created_at) where answered_at is null;
alter table public.zoho_account_questions enable row level security;
revoke all on public.zoho_account_questions from public, anon, authenticated;
grant select on public.zoho_account_questions to authenticated;
grant select, insert, update, delete on public.zoho_account_questions to service_role;
drop policy if exists "active admins read account questions" on public.zoho_account_questions;
create policy "active admins read account questions" on public.zoho_account_questions
  for select to authenticated using ((select zoho_sync.is_active_admin()));

-- Which entities wait for an answer; they are dead letters (ACCOUNT_UNCERTAIN) until then.
create table if not exists zoho_sync.account_waits (
  account_key text not null,
  entity_type text not null,
  entity_id uuid not null,
  primary key (account_key, entity_type, entity_id)
);
alter table zoho_sync.account_waits enable row level security;
revoke all on zoho_sync.account_waits from public, anon, authenticated;
grant select, insert, delete on zoho_sync.account_waits to service_role;

-- Rows by company and by number. Built-in functions only: an index expression is run with the rights of whoever writes
-- the row, and CircleTel's own users may run nothing of ours. Digits: 2015/123456/07, 201512345607 and K2015123456
-- begin with the same ten.
create index if not exists business_quotes_company_key_idx
  on public.business_quotes (lower(regexp_replace(btrim(company_name), '\s+', ' ', 'g')));
create index if not exists customers_company_key_idx
  on public.customers (lower(regexp_replace(btrim(business_name), '\s+', ' ', 'g')));
create index if not exists business_quotes_registration_digits_idx
  on public.business_quotes (left(regexp_replace(registration_number, '\D', '', 'g'), 10));
create index if not exists customers_registration_digits_idx
  on public.customers (left(regexp_replace(business_registration, '\D', '', 'g'), 10));
create index if not exists business_quotes_vat_digits_idx
  on public.business_quotes (regexp_replace(vat_number, '\D', '', 'g'));
create index if not exists customers_tax_digits_idx
  on public.customers (regexp_replace(tax_number, '\D', '', 'g'));

-- The numbers that CircleTel has of companies, as they are written there: of the quotes in the company's name and of
-- the customers whose business it is.
create or replace function zoho_sync.company_numbers(p_keys text[])
returns table (account_key text, registration_number text, vat_number text)
language sql stable set search_path = '' as $$
  with names as (
    select distinct substr(k, length('company:') + 1) as name from unnest(p_keys) k where k like 'company:%')
  select 'company:' || n.name, q.registration_number, q.vat_number
  from names n
  join public.business_quotes q on lower(regexp_replace(btrim(q.company_name), '\s+', ' ', 'g')) = n.name
  where q.registration_number is not null or q.vat_number is not null
  union
  select 'company:' || n.name, c.business_registration, c.tax_number
  from names n
  join public.customers c on lower(regexp_replace(btrim(c.business_name), '\s+', ' ', 'g')) = n.name
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
--           remembered: [{account_key, zoho_id, registrations, vats}] }; numbers as CircleTel's rows have them.
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

  select array_agg(distinct d.digits), array_agg(distinct regexp_replace(n.vat_number, '\D', '', 'g'))
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
    where regexp_replace(q.vat_number, '\D', '', 'g') = any (v_vats)
    union
    select zoho_sync.account_key(c.business_name, null, null) from public.customers c
    where left(regexp_replace(c.business_registration, '\D', '', 'g'), 10) = any (v_digits)
    union
    select zoho_sync.account_key(c.business_name, null, null) from public.customers c
    where regexp_replace(c.tax_number, '\D', '', 'g') = any (v_vats)) k;
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
      'companies', coalesce((
        select jsonb_agg(jsonb_build_object(
          'account_key', k.account_key,
          'registrations', coalesce(n.registrations, '[]'), 'vats', coalesce(n.vats, '[]'),
          'declined', coalesce(to_jsonb(q.declined), '[]'),
          'asked', q.account_key is not null and q.answered_at is null))
        from (select distinct unnest(v_keys) as account_key) k
        left join numbers n on n.account_key = k.account_key
        left join public.zoho_account_questions q on q.account_key = k.account_key), '[]'),
      'remembered', coalesce((
        select jsonb_agg(jsonb_build_object(
          'account_key', a.account_key, 'zoho_id', a.zoho_id,
          'registrations', coalesce(n.registrations, '[]'), 'vats', coalesce(n.vats, '[]')) order by a.account_key)
        from public.zoho_accounts a
        left join numbers n on n.account_key = a.account_key
        where a.account_key = any (v_alike)), '[]')));
end $$;

-- Which of these Accounts belong to private customers, and to whom: people of one name are many.
create or replace function public.zoho_accounts_of_persons(p_zoho_ids text[]) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', a.zoho_id, 'person', a.account_key)), '[]')
  from public.zoho_accounts a
  where a.zoho_id = any (p_zoho_ids) and a.account_key like 'customer:%';
$$;

-- Writes questions down, once for a company: asked again with other candidates it is renewed, asked again with the same
-- it stays as it is.
--   p_questions [{account_key, company_name, reason, candidates, waiting: [{entity_type, entity_id}]}]
-- Answers the keys that were answered in the meantime; what waited for them is simply to be tried again.
create or replace function public.zoho_ask_accounts(p_questions jsonb) returns text[]
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_answered text[];
begin
  insert into public.zoho_account_questions as q (account_key, company_name, reason, candidates)
  select x.account_key, x.company_name, x.reason, x.candidates
  from jsonb_to_recordset(p_questions) x (account_key text, company_name text, reason text, candidates jsonb)
  where not exists (select from public.zoho_accounts a where a.account_key = x.account_key)
  order by x.account_key
  on conflict (account_key) do update set
    company_name = excluded.company_name, reason = excluded.reason, candidates = excluded.candidates,
    asked_at = now(), answered_at = null, answer = null, zoho_id = null, answered_by = null
  where (q.answered_at is null and (q.reason, q.candidates) is distinct from (excluded.reason, excluded.candidates))
    or (q.answered_at is not null
      and not (array(select c ->> 'id' from jsonb_array_elements(excluded.candidates) c) <@ q.declined));

  select coalesce(array_agg(x.account_key), '{}') into v_answered
  from jsonb_to_recordset(p_questions) x (account_key text)
  where not exists (
    select from public.zoho_account_questions q where q.account_key = x.account_key and q.answered_at is null);

  insert into zoho_sync.account_waits (account_key, entity_type, entity_id)
  select x.account_key, w.entity_type, w.entity_id
  from jsonb_to_recordset(p_questions) x (account_key text, waiting jsonb)
  cross join jsonb_to_recordset(x.waiting) w (entity_type text, entity_id uuid)
  where x.account_key <> all (v_answered)
  on conflict do nothing;
  return v_answered;
end $$;

-- What waited for the Account of these companies is due again. Rows of the queue in the order of their key, as
-- everywhere; one that is in flight was decided before the answer and comes again.
create or replace function zoho_sync.wake_account_waits(p_keys text[]) returns integer
language plpgsql set search_path = '' as $$
declare
  v_count integer;
begin
  with waited as (
    delete from zoho_sync.account_waits w where w.account_key = any (p_keys) returning w.entity_type, w.entity_id),
  queued as (
    select q.entity_type, q.entity_id from public.zoho_sync_queue q
    join (select distinct w.entity_type, w.entity_id from waited w) w
      on w.entity_type = q.entity_type and w.entity_id = q.entity_id
    order by q.entity_type, q.entity_id
    for update of q)
  update public.zoho_sync_queue q set
    revision = q.revision + 1,
    lane = least(q.lane, 1),
    status = case when q.status = 'in_flight' then q.status else 'pending' end,
    attempts = 0,
    next_attempt_at = now(),
    cause = 'account answered'
  from queued d
  where q.entity_type = d.entity_type and q.entity_id = d.entity_id;
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- Questions that answered themselves: somebody merged the Accounts or mended a number, and now one is certain.
create or replace function public.zoho_close_account_questions(p_keys text[]) returns integer
language plpgsql set search_path = '' as $$
begin
  update public.zoho_account_questions q set answered_at = now(), answer = 'found', answered_by = 'sync'
  where q.account_key = any (p_keys) and q.answered_at is null;
  return zoho_sync.wake_account_waits(p_keys);
end $$;

-- A person's answer: an Account's id, or null for a new Account. { status: answered | unknown | closed, woken }
create or replace function public.zoho_answer_account_question(
  p_account_key text, p_answered_by text, p_zoho_id text default null) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_question public.zoho_account_questions;
  v_woken integer;
begin
  select * into v_question from public.zoho_account_questions q where q.account_key = p_account_key for update;
  if not found then return jsonb_build_object('status', 'unknown', 'woken', 0); end if;
  if v_question.answered_at is not null then return jsonb_build_object('status', 'closed', 'woken', 0); end if;

  if p_zoho_id is not null then
    insert into public.zoho_accounts as a (account_key, zoho_id, matched_by)
    values (p_account_key, p_zoho_id, 'chosen')
    on conflict (account_key) do update set zoho_id = excluded.zoho_id, matched_by = excluded.matched_by;
  end if;
  update public.zoho_account_questions q set
    answered_at = now(), answered_by = p_answered_by, zoho_id = p_zoho_id,
    answer = case when p_zoho_id is null then 'create' else 'account' end,
    declined = case
      when p_zoho_id is not null then array_remove(q.declined, p_zoho_id)
      else array(
        select unnest(q.declined) union select c ->> 'id' from jsonb_array_elements(q.candidates) c order by 1) end
  where q.account_key = p_account_key;
  v_woken := zoho_sync.wake_account_waits(array[p_account_key]);
  perform zoho_sync.call_function('zoho-sync', '{"reason":"account answered"}'::jsonb);
  return jsonb_build_object('status', 'answered', 'woken', v_woken);
end $$;

-- The open questions, oldest first, with how many entities wait; none, when the company was renamed since.
create or replace function public.zoho_open_account_questions() returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'account_key', q.account_key, 'company_name', q.company_name, 'reason', q.reason, 'candidates', q.candidates,
    'asked_at', q.asked_at, 'waiting', w.count) order by w.count = 0, q.created_at, q.account_key), '[]')
  from public.zoho_account_questions q
  cross join lateral (
    select count(*) from zoho_sync.account_waits a
    join public.zoho_sync_queue s on s.entity_type = a.entity_type and s.entity_id = a.entity_id
    where a.account_key = q.account_key) w
  where q.answered_at is null;
$$;

revoke all on function
  zoho_sync.company_numbers(text[]), zoho_sync.registration_digits(text), zoho_sync.wake_account_waits(text[]),
  public.zoho_unknown_companies(jsonb), public.zoho_accounts_of_persons(text[]), public.zoho_ask_accounts(jsonb),
  public.zoho_close_account_questions(text[]), public.zoho_answer_account_question(text, text, text),
  public.zoho_open_account_questions()
  from public, anon, authenticated;
grant execute on function
  zoho_sync.company_numbers(text[]), zoho_sync.registration_digits(text), zoho_sync.wake_account_waits(text[]),
  public.zoho_unknown_companies(jsonb), public.zoho_accounts_of_persons(text[]), public.zoho_ask_accounts(jsonb),
  public.zoho_close_account_questions(text[]), public.zoho_answer_account_question(text, text, text),
  public.zoho_open_account_questions()
  to service_role;
