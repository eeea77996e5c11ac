-- The record of an entity is another one now: Zoho merged it into that one, or it was found by its reference. What the
-- new one holds is not known, so the next drain reads it. False when the record belongs to another entity.
create or replace function public.zoho_move_record(
  p_entity_type text, p_entity_id uuid, p_zoho_id text, p_cause text) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_zoho_type text := zoho_sync.zoho_type_of(p_entity_type);
  v_old text;
begin
  if p_entity_type = 'contract' then
    perform from public.contracts c where c.id = p_entity_id for no key update;
    if not found or exists (
      select from public.contracts c where c.zoho_deal_id = p_zoho_id and c.id <> p_entity_id) then
      return false;
    end if;
  end if;
  if exists (select from public.zoho_entity_mappings m where m.zoho_type = v_zoho_type and m.zoho_id = p_zoho_id
    and m.circletel_id <> p_entity_id) then
    return false;
  end if;
  select m.zoho_id into v_old from public.zoho_entity_mappings m
  where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id for update;
  insert into public.zoho_entity_mappings as m (circletel_type, circletel_id, zoho_type, zoho_id)
  values (p_entity_type, p_entity_id, v_zoho_type, p_zoho_id)
  on conflict (circletel_type, circletel_id) do update set
    zoho_id = excluded.zoho_id, state = 'linked', snapshot = '{}', agreed_status = null, revision = null,
    zoho_modified_at = null;
  if p_entity_type = 'contract' then perform zoho_sync.note_deal_id(array[p_entity_id], p_zoho_id); end if;
  if v_old <> p_zoho_id then
    insert into public.zoho_notices (kind, entity_type, entity_id, zoho_type, zoho_id, message)
    values ('merged_in_zoho', p_entity_type, p_entity_id, v_zoho_type, p_zoho_id,
      'Record ' || v_old || ' is gone from Zoho and ' || p_zoho_id || ' carries its reference: merged there; linked to it');
  end if;
  perform zoho_sync.reconcile_enqueue(p_entity_type, array[p_entity_id], p_cause);
  return true;
end $$;
