-- Asks which Accounts companies have, and closes the questions that answered themselves: the Accounts were merged or a number
-- was corrected, and now one is certain.
--   p_questions [{kind: account, account_key, ours, theirs, reason, answers, waiting: [{entity_type, entity_id}]}]
--   p_certain   the keys of companies whose Account is certain
-- Answers the keys that a person answered in the meantime; what waited for them is simply to be tried again.
create or replace function public.zoho_ask_about_accounts(p_questions jsonb, p_certain text[] default '{}') returns text[]
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_asked jsonb;
begin
  -- An answer that is being given is waited for. Then the queue, as an answer does.
  perform from public.zoho_questions q
  where q.closed_at is null and (q.account_key = any (p_certain)
    or q.account_key in (select k ->> 'account_key' from jsonb_array_elements(p_questions) k))
  order by q.account_key for update;
  update public.zoho_questions q set closed_at = now(), closed_because = 'over'
  where q.account_key = any (p_certain) and q.closed_at is null;
  perform zoho_sync.enqueue(array_agg(w.entity_type), array_agg(w.entity_id), array_agg(1::smallint),
    array_agg('question answered'::text))
  from (select distinct w.entity_type, w.entity_id from zoho_sync.waiting_for(p_certain) w) w;
  delete from zoho_sync.account_waits w where w.account_key = any (p_certain);

  select coalesce(jsonb_agg(k.question order by k.question ->> 'account_key'), '[]') into v_asked
  from jsonb_array_elements(p_questions) k (question)
  where not exists (select from public.zoho_accounts a where a.account_key = k.question ->> 'account_key')
    and not array(select c ->> 'id' from jsonb_array_elements(k.question -> 'theirs') c)
      <@ zoho_sync.declined_accounts(k.question ->> 'account_key');
  perform zoho_sync.ask(null, null, v_asked);
  insert into zoho_sync.account_waits (account_key, entity_type, entity_id)
  select x.account_key, w.entity_type, w.entity_id
  from jsonb_to_recordset(v_asked) x (account_key text, waiting jsonb)
  cross join jsonb_to_recordset(x.waiting) w (entity_type text, entity_id uuid)
  on conflict do nothing;
  return array(
    select k ->> 'account_key' from jsonb_array_elements(p_questions) k
    except select k ->> 'account_key' from jsonb_array_elements(v_asked) k);
end $$;

-- Accounts of which a person said that they are not this company's, and of none since that it is.
create or replace function zoho_sync.declined_accounts(p_account_key text) returns text[]
language sql stable set search_path = '' as $$
  select array(
    select distinct c ->> 'id' from public.zoho_questions q cross join jsonb_array_elements(q.theirs) c
    where q.account_key = p_account_key and q.answer = 'make_new' and not exists (
      select from public.zoho_questions l
      where l.account_key = p_account_key and l.chosen_id = c ->> 'id' and l.answered_at > q.answered_at)
    order by 1);
$$;

-- The entities that wait for the Accounts of these companies; none, when a company was renamed since.
create or replace function zoho_sync.waiting_for(p_keys text[]) returns table (entity_type text, entity_id uuid)
language sql stable set search_path = '' as $$
  select w.entity_type, w.entity_id from zoho_sync.account_waits w
  join public.zoho_sync_queue s on s.entity_type = w.entity_type and s.entity_id = w.entity_id
  where w.account_key = any (p_keys);
$$;
