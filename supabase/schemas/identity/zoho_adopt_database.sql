-- A person makes this database the project's that p_project_url names, for the org p_org_id, which p_credentials (a digest) are
-- known to belong to. For another org than before everything that is known of the former one is put aside. A new epoch, a new
-- channel; a pause that only the former identity caused ends. Answers { epoch, channelId, putAside: {table: rows} }.
create or replace function public.zoho_adopt_database(
  p_project_url text, p_org_id text, p_credentials text, p_other_epochs integer[] default '{}') returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_before zoho_sync.identity;
  v_put_aside jsonb := '{}';
  v_epoch integer;
begin
  perform zoho_sync.lock_state();
  select * into v_before from zoho_sync.identity;
  if v_before.org_id <> p_org_id then v_put_aside := zoho_sync.put_org_aside(v_before.org_id); end if;
  update zoho_sync.identity i set
    project_host = zoho_sync.project_host(p_project_url), pinned_at = clock_timestamp(),
    org_id = p_org_id, org_credentials = p_credentials, channel_id = zoho_sync.new_channel_id(),
    org_since = case when v_before.org_id <> p_org_id then clock_timestamp() else i.org_since end
  where i.id;
  delete from public.zoho_channels where true;
  v_epoch := public.zoho_adopt_revisions(p_other_epochs);
  return jsonb_build_object('epoch', v_epoch, 'putAside', v_put_aside,
    'channelId', (select i.channel_id from zoho_sync.identity i));
end $$;

-- Moves what is known of an org to zoho_sync.former_rows, and forgets what cannot be true of another one. Answers the number
-- of rows by table.
create or replace function zoho_sync.put_org_aside(p_org_id text) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_table text;
  v_rows integer;
  v_moved jsonb := '{}';
begin
  foreach v_table in array array['zoho_entity_mappings', 'zoho_questions', 'zoho_accounts', 'zoho_products', 'zoho_fields'] loop
    execute format($sql$with moved as (delete from public.%1$I t where true returning to_jsonb(t) as content)
      insert into zoho_sync.former_rows (org_id, source, content) select $1, %1$L, m.content from moved m$sql$, v_table)
    using p_org_id;
    get diagnostics v_rows = row_count;
    v_moved := v_moved || jsonb_build_object(v_table, v_rows);
  end loop;

  insert into zoho_sync.former_rows (org_id, source, content)
  select p_org_id, 'contracts', jsonb_build_object('id', c.id, 'zoho_deal_id', c.zoho_deal_id, 'last_synced_at', c.last_synced_at)
  from public.contracts c where c.zoho_deal_id is not null;
  get diagnostics v_rows = row_count;
  v_moved := v_moved || jsonb_build_object('contracts', v_rows);
  update public.contracts c set zoho_deal_id = null, last_synced_at = null where c.zoho_deal_id is not null;

  perform zoho_sync.forget_org();
  return v_moved;
end $$;

-- Counts, reads and runs of the former org.
create or replace function zoho_sync.forget_org() returns void
language plpgsql set search_path = '' as $$
begin
  delete from zoho_sync.account_waits where true;
  delete from zoho_sync.backfill_links where true;
  delete from public.zoho_credit_ledger where true;
  delete from public.zoho_reconcile_runs where true;
  update public.zoho_backfill_runs r set status = 'cancelled', finished_at = now() where r.status = 'running';
  update public.zoho_webhook_events e set status = 'ignored', reason = 'Sent by another org', applied_at = now()
  where e.status in ('received', 'unmapped');
  update public.zoho_sync_queue q set status = 'pending', lease_owner = null, lease_until = null, failed_rounds = 0,
    next_attempt_at = now(), error_code = null, error_field = null, error_message = null, version = q.version + 1
  where true;
  update public.zoho_sync_state s set credits_left = null, credits_left_at = null, full_reconcile_due = false,
    fields_due_at = case when s.fields_due_at = 'infinity' then s.fields_due_at else '-infinity' end
  where s.id;
end $$;
