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
