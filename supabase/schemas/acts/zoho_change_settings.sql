-- What an operator may set; null leaves it. Answers { before, after }. A kind that is switched on is brought in by a backfill;
-- one that is switched off leaves its records in Zoho as they are.
create or replace function public.zoho_change_settings(p_daily_credits integer default null, p_synced_types text[] default null)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_before jsonb;
begin
  v_before := zoho_sync.set_by_operators(zoho_sync.lock_state());
  update public.zoho_sync_state s set
    daily_credits = coalesce(p_daily_credits, s.daily_credits), synced_types = coalesce(p_synced_types, s.synced_types)
  where s.id;
  return jsonb_build_object('before', v_before, 'after', (select zoho_sync.set_by_operators(s) from public.zoho_sync_state s));
end $$;

create or replace function zoho_sync.set_by_operators(p_state public.zoho_sync_state) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('dailyCredits', p_state.daily_credits, 'syncedTypes', to_jsonb(p_state.synced_types));
$$;
