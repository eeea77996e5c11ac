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
