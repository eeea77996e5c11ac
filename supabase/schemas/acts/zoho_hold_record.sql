-- Holds an entity, or changes its hold; a write in flight is finished. False when there is no such row.
create or replace function public.zoho_hold_record(
  p_entity_type text, p_entity_id uuid, p_held_by text, p_reason text default null, p_until timestamptz default null)
returns boolean
language plpgsql set search_path = '' as $$
begin
  if exists (select from zoho_sync.missing_entities(array[p_entity_type], array[p_entity_id])) then return false; end if;
  insert into zoho_sync.record_holds (entity_type, entity_id, reason, held_by, until)
  values (p_entity_type, p_entity_id, p_reason, p_held_by, p_until)
  on conflict (entity_type, entity_id) do update set
    reason = excluded.reason, held_by = excluded.held_by, held_at = now(), until = excluded.until;
  return true;
end $$;

-- What waited is sent at once. False when it was not held.
create or replace function public.zoho_release_record(p_entity_type text, p_entity_id uuid) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_was_held boolean;
begin
  delete from zoho_sync.record_holds h where h.entity_type = p_entity_type and h.entity_id = p_entity_id;
  v_was_held := found;
  if v_was_held then perform zoho_sync.ring_doorbell(); end if;
  return v_was_held;
end $$;

-- Ids of the entities that are held now. An array, so that a claim's plan stays what it is.
create or replace function zoho_sync.held_entities() returns uuid[]
language plpgsql stable set search_path = '' as $$
begin
  return array(select h.entity_id from zoho_sync.record_holds h where h.until is null or h.until > clock_timestamp());
end $$;

-- A hold as it is shown; null when the entity is not held.
create or replace function zoho_sync.hold_of(p_entity_type text, p_entity_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('reason', h.reason, 'by', h.held_by, 'byName', zoho_sync.name_of_actor(h.held_by),
    'since', h.held_at, 'until', h.until)
  from zoho_sync.record_holds h
  where h.entity_type = p_entity_type and h.entity_id = p_entity_id and (h.until is null or h.until > clock_timestamp());
$$;

-- The name of an admin by id; null for a key or an admin who is gone. Production's admin_users may have no full_name.
create or replace function zoho_sync.name_of_actor(p_actor text) returns text
language sql stable set search_path = '' as $$
  select to_jsonb(u) ->> 'full_name' from public.admin_users u where u.id::text = p_actor;
$$;

-- All holds, the oldest first; an entity of this minute has its number, too.
create or replace function public.zoho_admin_holds() returns jsonb
language plpgsql set search_path = '' as $$
begin
  perform zoho_sync.refresh_search();
  return (
    select coalesce(jsonb_agg(jsonb_build_object('entityType', h.entity_type, 'entityId', h.entity_id,
      'number', s.number, 'name', coalesce(s.company, s.person)) || zoho_sync.hold_of(h.entity_type, h.entity_id)
      order by h.held_at), '[]')
    from zoho_sync.record_holds h
    left join zoho_sync.search_entries s on s.entity_type = h.entity_type and s.entity_id = h.entity_id
    where h.until is null or h.until > clock_timestamp());
end $$;
