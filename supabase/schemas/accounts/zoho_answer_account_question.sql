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
