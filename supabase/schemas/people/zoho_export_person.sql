-- What the tables of the sync hold of one customer, whole rows by table: what CircleTel hands out when the person asks. Written
-- down with who asked (p_by). CircleTel's own rows are not in it.
create or replace function public.zoho_export_person(p_customer_id uuid, p_by text) returns jsonb
language sql set search_path = '' as $$ select zoho_sync.export_person(p_customer_id, p_by) $$;

-- Definer: some tables are closed to the API's roles.
create or replace function zoho_sync.export_person(p_customer_id uuid, p_by text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_key constant text := 'customer:' || p_customer_id;
begin
  insert into public.zoho_admin_actions (actor, action, details)
  values (p_by, 'export person', jsonb_build_object('entityType', 'customer', 'id', p_customer_id));
  return jsonb_build_object(
    'zoho_entity_mappings', (select coalesce(jsonb_agg(to_jsonb(m)), '[]') from public.zoho_entity_mappings m
      where m.circletel_type = 'customer' and m.circletel_id = p_customer_id),
    'zoho_accounts', (select coalesce(jsonb_agg(to_jsonb(a)), '[]') from public.zoho_accounts a where a.account_key = v_key),
    'account_names', (select coalesce(jsonb_agg(to_jsonb(n)), '[]') from zoho_sync.account_names n where n.account_key = v_key),
    'zoho_sync_logs', (select coalesce(jsonb_agg(to_jsonb(l) order by l.created_at), '[]') from public.zoho_sync_logs l
      where l.entity_type = 'customer' and l.entity_id = p_customer_id),
    'zoho_questions', (select coalesce(jsonb_agg(to_jsonb(q) order by q.asked_at), '[]') from public.zoho_questions q
      where q.account_key = v_key or q.entity_type = 'customer' and q.entity_id = p_customer_id),
    'zoho_webhook_events', (select coalesce(jsonb_agg(to_jsonb(e) order by e.seq), '[]') from public.zoho_webhook_events e
      where e.entity_type = 'customer' and e.entity_id = p_customer_id),
    'zoho_notices', (select coalesce(jsonb_agg(to_jsonb(n) order by n.id), '[]') from public.zoho_notices n
      where n.entity_type = 'customer' and n.entity_id = p_customer_id),
    'zoho_reconcile_rows', (select coalesce(jsonb_agg(to_jsonb(r) order by r.id), '[]') from public.zoho_reconcile_rows r
      where r.entity_type = 'customer' and r.entity_id = p_customer_id),
    'zoho_backfill_items', (select coalesce(jsonb_agg(to_jsonb(i)), '[]') from public.zoho_backfill_items i
      where i.entity_type = 'customer' and i.entity_id = p_customer_id),
    'search_entries', (select coalesce(jsonb_agg(to_jsonb(s) - 'haystack'), '[]') from zoho_sync.search_entries s
      where s.entity_type = 'customer' and s.entity_id = p_customer_id),
    'record_holds', (select coalesce(jsonb_agg(to_jsonb(h)), '[]') from zoho_sync.record_holds h
      where h.entity_type = 'customer' and h.entity_id = p_customer_id),
    'former_rows', (select coalesce(jsonb_agg(to_jsonb(f)), '[]') from zoho_sync.former_rows_of(p_customer_id, v_key) f));
end $$;
