-- Takes one customer out of all tables of the sync, and asks a person about the records in Zoho, which the sync cannot delete.
-- The Contact is unlinked, and nothing of the person is sent or searched again while CircleTel's own row is there; that row is
-- CircleTel's to delete. Done again it changes nothing more. p_by is who asked; it is written down. Answers the number of rows by table.
create or replace function public.zoho_erase_person(p_customer_id uuid, p_by text) returns jsonb
language sql set search_path = '' as $$ select zoho_sync.erase_person(p_customer_id, p_by) $$;

-- Definer: the attempt log is append-only for every role of the API, and this is the one exception.
create or replace function zoho_sync.erase_person(p_customer_id uuid, p_by text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_key constant text := 'customer:' || p_customer_id;
  v_rows jsonb := '{}';
  v_count integer;
begin
  insert into public.zoho_admin_actions (actor, action, details)
  values (p_by, 'erase person', jsonb_build_object('entityType', 'customer', 'id', p_customer_id));

  insert into zoho_sync.erased_people (customer_id) values (p_customer_id) on conflict (customer_id) do nothing;
  perform zoho_sync.ask_about_erased(p_customer_id, v_key);
  update public.zoho_entity_mappings m set snapshot = zoho_sync.without_names(m.snapshot), state = 'unlinked'
  where m.circletel_type = 'customer' and m.circletel_id = p_customer_id;
  get diagnostics v_count = row_count;
  v_rows := v_rows || jsonb_build_object('zoho_entity_mappings', v_count);

  v_count := zoho_sync.mask_attempts(p_customer_id);
  v_rows := v_rows || jsonb_build_object('zoho_sync_logs', v_count);

  update public.zoho_questions q set ours = null, theirs = null, closed_at = coalesce(q.closed_at, now()),
    closed_because = coalesce(q.closed_because, 'over')
  where q.kind <> 'person_erased' and (q.account_key = v_key or q.entity_type = 'customer' and q.entity_id = p_customer_id);
  get diagnostics v_count = row_count;
  v_rows := v_rows || jsonb_build_object('zoho_questions', v_count);

  update public.zoho_reconcile_rows r set fields = '{}'
  where r.entity_type = 'customer' and r.entity_id = p_customer_id and r.fields <> '{}';
  update public.zoho_backfill_items i set would = null
  where i.entity_type = 'customer' and i.entity_id = p_customer_id and i.would is not null;
  delete from zoho_sync.account_names n where n.account_key = v_key;
  -- Why a person held it, in their own words.
  delete from zoho_sync.record_holds h where h.entity_type = 'customer' and h.entity_id = p_customer_id;
  delete from zoho_sync.former_rows f using zoho_sync.former_rows_of(p_customer_id, v_key) o where f.id = o.id;
  perform zoho_sync.erase_from_search(p_customer_id);
  return v_rows;
end $$;

-- Everything that shows the customer is written again without the person's data.
create or replace function zoho_sync.erase_from_search(p_customer_id uuid) returns void
language sql set search_path = '' as $$
  select zoho_sync.write_search(e.entity_type, array_agg(e.entity_id)) from (
    select c.entity_type, c.entity_id from zoho_sync.customer_entities(array[p_customer_id]) c
    union
    -- Of a customer whose row is gone only the entry is left.
    select s.entity_type, s.entity_id from zoho_sync.search_entries s where s.entity_id = p_customer_id) e
  group by e.entity_type;
$$;

-- Of these customers, those who were erased while a drain was at work on them: what it writes down is not kept, and the record
-- that it makes is asked about.
create or replace function zoho_sync.forget_erased(p_customer_ids uuid[]) returns void
language plpgsql set search_path = '' as $$
declare
  v_id uuid;
begin
  for v_id in select e.customer_id from zoho_sync.erased_people e where e.customer_id = any (p_customer_ids) loop
    update public.zoho_entity_mappings m set snapshot = zoho_sync.without_names(m.snapshot), state = 'unlinked'
    where m.circletel_type = 'customer' and m.circletel_id = v_id;
    perform zoho_sync.mask_attempts(v_id);
    perform zoho_sync.ask_about_erased(v_id, 'customer:' || v_id);
  end loop;
end $$;

-- Takes what names a person out of the attempts at their Contact; answers of how many.
create or replace function zoho_sync.mask_attempts(p_customer_id uuid) returns integer
language plpgsql set search_path = '' as $$
declare
  v_count integer;
begin
  update public.zoho_sync_logs l set request_payload = zoho_sync.without_names(l.request_payload)
  where l.entity_type = 'customer' and l.entity_id = p_customer_id and l.request_payload is not null
    and l.request_payload is distinct from zoho_sync.without_names(l.request_payload);
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- What was known of a customer in an org that this database was adopted away from.
create or replace function zoho_sync.former_rows_of(p_customer_id uuid, p_account_key text) returns setof zoho_sync.former_rows
language sql stable set search_path = '' as $$
  select f.* from zoho_sync.former_rows f
  where f.content ->> 'circletel_id' = p_customer_id::text or f.content ->> 'entity_id' = p_customer_id::text
    or f.content ->> 'account_key' = p_account_key;
$$;

-- What may name a person, in a base or a log row.
create or replace function zoho_sync.without_names(p_fields jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select p_fields - array['First_Name', 'Last_Name', 'Full_Name', 'Email', 'Account_Name'];
$$;

-- One question for the customer, naming the records that are still in Zoho; none if there are none, or if a person was asked
-- about them already. A question that is still open is told of a record that a drain has made since.
create or replace function zoho_sync.ask_about_erased(p_customer_id uuid, p_account_key text) returns void
language plpgsql set search_path = '' as $$
declare
  v_records jsonb := zoho_sync.records_of_erased(p_customer_id, p_account_key);
begin
  if v_records is null then return; end if;
  update public.zoho_questions q set theirs = v_records
  where q.kind = 'person_erased' and q.entity_id = p_customer_id and q.closed_at is null;
  if found or exists (select from public.zoho_questions q
    where q.kind = 'person_erased' and q.entity_id = p_customer_id and q.theirs @> v_records) then return;
  end if;
  insert into public.zoho_questions (kind, entity_type, entity_id, theirs, answers)
  values ('person_erased', 'customer', p_customer_id, v_records, array['done']);
end $$;

-- The records of a person that are in Zoho: [{module, id}]. Of a Contact that may have been made, since its answer is due or was
-- lost, only the reference is known: {module, reference}. Null when there are none.
create or replace function zoho_sync.records_of_erased(p_customer_id uuid, p_account_key text) returns jsonb
language sql stable set search_path = '' as $$
  with linked as (
    select m.zoho_id from public.zoho_entity_mappings m
    where m.circletel_type = 'customer' and m.circletel_id = p_customer_id)
  select jsonb_agg(r.record) from (
    select jsonb_build_object('module', 'Contacts', 'id', m.zoho_id) as record from linked m
    union all
    select jsonb_build_object('module', 'Contacts', 'reference', p_customer_id)
    where not exists (select from linked) and exists (select from public.zoho_sync_logs l
      where l.entity_type = 'customer' and l.entity_id = p_customer_id and l.outcome = 'unknown')
    union all
    select jsonb_build_object('module', 'Accounts', 'id', a.zoho_id) from public.zoho_accounts a
    where a.account_key = p_account_key) r;
$$;
