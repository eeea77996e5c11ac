-- Claims the oldest run that has something to do. Answers the run as JSON, or null. It waits for the session that
-- locks the row, which is short: if it skipped a row because a status was just being read, the step would be lost until the
-- next sweep.
create or replace function public.zoho_backfill_claim_step(p_worker uuid, p_lease_seconds integer) returns jsonb
language sql set search_path = '' as $$
  update public.zoho_backfill_runs r
  set step_owner = p_worker, step_until = now() + make_interval(secs => p_lease_seconds)
  where not zoho_sync.is_backfill_closed() and r.id = (
    select o.id from public.zoho_backfill_runs o
    where o.status = 'running' and (o.step_until is null or o.step_until < now() or o.step_owner = p_worker)
      -- One that writes waits while the sync observes.
      and (o.dry_run or not zoho_sync.is_observing())
    -- Dry runs first: a person is waiting for the result.
    order by o.dry_run desc, o.started_at
    limit 1
    for update)
  returning to_jsonb(r);
$$;
