-- The Deal's id in CircleTel's own rows, where its business reads it; null for none. What links them is the mapping, so a rule
-- of CircleTel's that refuses a contract costs that contract a notice, and neither the others nor what else is done.
create or replace function zoho_sync.note_deal_id(p_ids uuid[], p_deal_id text) returns void
language plpgsql set search_path = '' as $$
declare
  v_id uuid;
begin
  -- A business trigger finds its tables as in a statement of the Data API.
  perform set_config('search_path', 'public, extensions', true);
  update public.contracts c set zoho_deal_id = p_deal_id where c.id = any (p_ids) and c.zoho_deal_id is distinct from p_deal_id;
exception when others then
  if cardinality(p_ids) = 1 then
    perform zoho_sync.notice_refused_deal_id(p_ids[1], sqlstate);
    return;
  end if;
  foreach v_id in array p_ids loop
    perform zoho_sync.note_deal_id(array[v_id], p_deal_id);
  end loop;
end $$;

-- One notice for a contract, until a person has read it.
create or replace function zoho_sync.notice_refused_deal_id(p_id uuid, p_sqlstate text) returns void
language sql set search_path = '' as $$
  insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
  select 'deal_id_refused', 'contract', p_id, 'Deals', m.zoho_id,
    format('The database refused to note in the contract which Deal is its own (%s); the mapping says it all the same', p_sqlstate)
  from (select p_id as id) c
  left join public.zoho_entity_mappings m on m.circletel_type = 'contract' and m.circletel_id = c.id
  where not exists (
    select from public.zoho_notices n
    where n.kind = 'deal_id_refused' and n.entity_id = p_id and n.acknowledged_at is null);
$$;
