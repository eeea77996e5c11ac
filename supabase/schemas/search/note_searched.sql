-- Which search entries are out of date because of notes from the outbox. Appends and does nothing else: the fold is waited
-- for by every drain. Most notes (KYC, RICA, a status, a price) concern none.
create or replace function zoho_sync.note_searched(p_notes zoho_sync.outbox[]) returns void
language plpgsql set search_path = '' as $$
declare
  v_notes zoho_sync.outbox[] := array(
    select n from unnest(p_notes) n
    join (values
      ('contracts', '{id,contract_number,quote_id,customer_id}'::text[]),
      ('business_quotes', '{id,quote_number,company_name,customer_id}'),
      ('customers', '{id,first_name,last_name,business_name,account_type}'),
      ('customer_invoices', '{id,customer_id,invoice_number}')) t (source_table, shown)
      on t.source_table = n.source_table
    where coalesce(n.changed && t.shown, true));
begin
  if cardinality(v_notes) = 0 then return; end if;
  insert into zoho_sync.search_due (entity_type, entity_id)
  select s.entity_type, s.entity_id from zoho_sync.searched_by(v_notes) s;
  -- A TRUNCATE does not name its rows.
  if exists (select from unnest(v_notes) n where n.ids is null) then
    delete from zoho_sync.search_walk w where w.entity_type is not null;
  end if;
end $$;

create or replace function zoho_sync.searched_by(p_notes zoho_sync.outbox[]) returns table (entity_type text, entity_id uuid)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with ids as materialized (
    select n.source_table, n.operation, i.id from unnest(p_notes) n cross join lateral unnest(n.ids) i (id)),
  owners as materialized (
    select o.id from unnest(p_notes) n cross join lateral unnest(n.owners) o (id)
    where n.source_table in ('contracts', 'business_quotes'))
  select t.entity_type, i.id from ids i join zoho_sync.record_types() t on t.source_table = i.source_table
  union
  select 'contract', c.id from ids i join public.contracts c on c.quote_id = i.id
  where i.source_table = 'business_quotes' and i.operation <> 'INSERT'
  union
  select e.entity_type, e.entity_id
  from zoho_sync.customer_entities(array(
    select i.id from ids i where i.source_table = 'customers' and i.operation <> 'INSERT')) e
  union
  -- A customer named by a quote or contract belongs to the CRM from then on, with the invoices; the previous one may not be
  -- any more.
  select 'customer', o.id from owners o
  union
  select 'invoice', i.id from owners o join public.customer_invoices i on i.customer_id = o.id;
end $$;

-- A record was linked, moved or unlinked. Definer: an admin may delete a mapping, and writes nothing of ours.
create or replace function zoho_sync.note_mapped() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_level = 'STATEMENT' then
    insert into zoho_sync.search_due (entity_type, entity_id) select r.circletel_type, r.circletel_id from mapped r;
  else
    insert into zoho_sync.search_due (entity_type, entity_id)
    select distinct v.* from (values (old.circletel_type, old.circletel_id), (new.circletel_type, new.circletel_id)) v (t, id);
  end if;
  return null;
end $$;
