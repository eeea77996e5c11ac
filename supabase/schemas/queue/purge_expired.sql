-- What is kept how long: attempts, incidents, closed questions and acknowledged notices 13 months (a year's audit and a month to
-- do it), acts of operators two years, names of customers that are gone 30 days, events 90 days, refusals as long,
-- reconcile runs, the lists of backfills and holds that are over 30 days, the credit ledger a week, cron's own history a week
-- (pg_cron never cleans it: a job every 30 s is 2,880 rows a day). By index on the time, so that the size of the rest does not
-- matter; p_most rows of a table at a time, so that the first night after a long while does not hold it for minutes. A night
-- has to remove what a day brings (docs/scale.md).
create or replace function zoho_sync.purge_expired(p_most integer default 500000) returns void
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.zoho_sync_logs l where l.ctid = any (array(
    select o.ctid from public.zoho_sync_logs o where o.created_at < now() - interval '13 months'
    order by o.created_at limit p_most));
  delete from public.zoho_webhook_events e where e.ctid = any (array(
    select o.ctid from public.zoho_webhook_events o where o.received_at < now() - interval '90 days'
    order by o.received_at limit p_most));
  -- What a person said of a company's Accounts, or of a Contact that stays merged, is remembered for good.
  delete from public.zoho_questions q
  where q.closed_at < now() - interval '13 months' and q.kind <> 'account'
    and (q.kind <> 'contact_match' or q.answer is distinct from 'keep');
  perform zoho_sync.purge_names();
  delete from public.zoho_notices n where n.acknowledged_at < now() - interval '13 months';
  delete from public.zoho_admin_actions a where a.id = any (array(
    select o.id from public.zoho_admin_actions o where o.at < now() - interval '25 months' order by o.at limit p_most));
  delete from zoho_sync.record_holds h where h.until < now() - interval '30 days';
  delete from zoho_sync.former_rows f where f.adopted_at < now() - interval '30 days';
  delete from zoho_sync.incidents i where i.began_at < now() - interval '13 months';
  delete from public.zoho_webhook_refusals r where r.minute < now() - interval '90 days';
  delete from public.zoho_credit_ledger l where l.quarter < now() - interval '7 days';
  perform zoho_sync.purge_reconcile_runs();
  perform zoho_sync.purge_backfill_items(p_most);
  if to_regclass('cron.job_run_details') is not null then
    execute 'delete from cron.job_run_details where coalesce(end_time, start_time) < now() - interval ''7 days''';
  end if;
end $$;

-- The lists of backfills that ended 30 days ago; their runs and counts stay.
create or replace function zoho_sync.purge_backfill_items(p_most integer) returns void
language sql set search_path = '' as $$
  delete from public.zoho_backfill_items i where i.ctid = any (array(
    select o.ctid from public.zoho_backfill_runs r join public.zoho_backfill_items o on o.run_id = r.id
    where r.finished_at < now() - interval '30 days' limit p_most));
$$;

-- Names and e-mail of customers whose row is gone, 30 days after: the mapping keeps which record it was. Who was erased is
-- remembered until then, too.
create or replace function zoho_sync.purge_names() returns void
language sql set search_path = '' as $$
  update public.zoho_entity_mappings m set snapshot = zoho_sync.without_names(m.snapshot)
  where m.zoho_type = 'Contacts' and m.state in ('orphaned', 'unlinked') and m.last_synced_at < now() - interval '30 days'
    and m.snapshot is distinct from zoho_sync.without_names(m.snapshot);
  delete from zoho_sync.account_names n
  where n.account_key like 'customer:%' and not exists (
    select from public.customers c where 'customer:' || c.id = n.account_key);
  delete from zoho_sync.erased_people e
  where e.erased_at < now() - interval '30 days' and not exists (select from public.customers c where c.id = e.customer_id);
$$;
