-- Claims the run that is due. Null: there is none, another step is working, the sync is paused, or the day's credits are so
-- low that only changes may be sent. read_at is the database's clock before anything is read from Zoho; poll_since, when
-- Zoho was last asked what was deleted.
create or replace function public.zoho_reconcile_claim(p_worker uuid, p_lease_seconds integer) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_run public.zoho_reconcile_runs;
  v_state public.zoho_sync_state;
begin
  select * into v_run from public.zoho_reconcile_runs r where r.status = 'running' for update skip locked;
  if not found or v_run.next_step_at > clock_timestamp()
    or (v_run.lease_until > clock_timestamp() and v_run.lease_owner <> p_worker) then
    return null;
  end if;
  select * into v_state from public.zoho_sync_state;
  if v_state.paused_until > clock_timestamp() or zoho_sync.lane_by_credits(v_state.daily_credits) < 2 then
    update public.zoho_reconcile_runs r
    set next_step_at = least(clock_timestamp() + interval '5 minutes',
      case when v_state.paused_until > clock_timestamp() then v_state.paused_until else 'infinity' end)
    where r.id = v_run.id;
    return null;
  end if;
  update public.zoho_reconcile_runs r
  set lease_owner = p_worker, lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds),
    steps = r.steps + 1
  where r.id = v_run.id;
  return jsonb_build_object('id', v_run.id, 'kind', v_run.kind, 'entity_types', v_run.entity_types,
    'since', v_run.since, 'cursor', v_run.cursor, 'read_at', clock_timestamp(),
    'poll_since', (select max(r.started_at) from public.zoho_reconcile_runs r where r.status = 'finished'));
end $$;
