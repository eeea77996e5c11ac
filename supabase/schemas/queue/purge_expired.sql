-- What is kept how long: attempts and incidents 13 months (a year's audit and a month to do it), events 90 days, refusals as long,
-- reconcile runs 30 days, the credit ledger a week, cron's own history a week (pg_cron never cleans it: a job every 30 s is
-- 2,880 rows a day). By index on the time, so that the size of the rest does not matter; a bounded number at a time, so
-- that the first night after a long while does not hold the table for minutes.
create or replace function zoho_sync.purge_expired() returns void
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.zoho_sync_logs l where l.ctid = any (array(
    select o.ctid from public.zoho_sync_logs o where o.created_at < now() - interval '13 months'
    order by o.created_at limit 100000));
  delete from public.zoho_webhook_events e where e.ctid = any (array(
    select o.ctid from public.zoho_webhook_events o where o.received_at < now() - interval '90 days'
    order by o.received_at limit 100000));
  -- What a person said of a company's Accounts, or of a Contact that stays merged, is remembered for good.
  delete from public.zoho_questions q
  where q.closed_at < now() - interval '13 months' and q.kind <> 'account'
    and (q.kind <> 'contact_match' or q.answer is distinct from 'keep');
  delete from zoho_sync.former_rows f where f.adopted_at < now() - interval '30 days';
  delete from zoho_sync.incidents i where i.began_at < now() - interval '13 months';
  delete from public.zoho_webhook_refusals r where r.minute < now() - interval '90 days';
  delete from public.zoho_credit_ledger l where l.quarter < now() - interval '7 days';
  perform zoho_sync.purge_reconcile_runs();
  if to_regclass('cron.job_run_details') is not null then
    execute 'delete from cron.job_run_details where coalesce(end_time, start_time) < now() - interval ''7 days''';
  end if;
end $$;
