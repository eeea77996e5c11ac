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
    version = q.version + 1,
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
