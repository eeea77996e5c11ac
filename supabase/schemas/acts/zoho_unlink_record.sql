-- Acts on the link between an entity and its record. Each locks the state row first, as a claim does, so that no claim reads
-- the mapping while it is changed; and does nothing while a drain is at work on the entity. They answer
--   done | busy | no_link | wrong_state

-- Nothing of this entity is sent or taken in any more. The record is left as it is.
create or replace function public.zoho_unlink_record(p_entity_type text, p_entity_id uuid) returns text
language plpgsql set search_path = '' as $$
declare
  v_state text := zoho_sync.lock_link(p_entity_type, p_entity_id);
  v_entity jsonb := jsonb_build_array(jsonb_build_object('type', p_entity_type, 'id', p_entity_id));
begin
  if v_state not in ('linked', 'deleted_in_zoho') then return coalesce(nullif(v_state, 'unlinked'), 'wrong_state'); end if;
  update public.zoho_entity_mappings m set state = 'unlinked'
  where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id;
  delete from public.zoho_sync_queue q where q.entity_type = p_entity_type and q.entity_id = p_entity_id;
  update public.zoho_questions q set closed_at = now(), closed_because = 'over'
  where q.entity_type = p_entity_type and q.entity_id = p_entity_id and q.closed_at is null;
  perform zoho_sync.ignore_hints(v_entity, 'An operator unlinked the record');
  return 'done';
end $$;

-- The entity and its record are kept in step again: both are read, and what differs is sent, taken in or asked about.
create or replace function public.zoho_link_record(p_entity_type text, p_entity_id uuid) returns text
language plpgsql set search_path = '' as $$
declare
  v_state text := zoho_sync.lock_link(p_entity_type, p_entity_id);
begin
  if v_state <> 'unlinked' then return case when v_state in ('busy', 'no_link', 'erased') then v_state else 'wrong_state' end; end if;
  update public.zoho_entity_mappings m set state = 'linked'
  where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id;
  perform zoho_sync.reconcile_enqueue(p_entity_type, array[p_entity_id], 'linked by an operator');
  return 'done';
end $$;

-- Forgets which record belongs to an entity and syncs it: the record that carries its number is found and linked, or a new one
-- is made. An orphan's entity is gone, so its link only goes.
create or replace function public.zoho_forget_record(p_entity_type text, p_entity_id uuid) returns text
language plpgsql set search_path = '' as $$
declare
  v_state text := zoho_sync.lock_link(p_entity_type, p_entity_id);
begin
  if v_state in ('busy', 'no_link', 'erased') then return v_state; end if;
  delete from public.zoho_entity_mappings m where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id;
  if p_entity_type = 'contract' then perform zoho_sync.note_deal_id(array[p_entity_id], null); end if;
  update public.zoho_questions q set closed_at = now(), closed_because = 'over'
  where q.entity_type = p_entity_type and q.entity_id = p_entity_id and q.closed_at is null;
  perform zoho_sync.reconcile_enqueue(p_entity_type, array[p_entity_id], 'made again by an operator');
  return 'done';
end $$;

-- The state of a link, its rows locked in the order that all functions use: business row, mapping, queue. busy: a drain is working on it. Of a
-- person who was erased no link is changed.
create or replace function zoho_sync.lock_link(p_entity_type text, p_entity_id uuid) returns text
language plpgsql set search_path = '' as $$
declare
  v_state text;
begin
  perform zoho_sync.lock_state();
  perform zoho_sync.fold_outbox();
  if p_entity_type = 'contract' then
    perform from public.contracts c where c.id = p_entity_id for no key update;
  end if;
  select m.state into v_state from public.zoho_entity_mappings m
  where m.circletel_type = p_entity_type and m.circletel_id = p_entity_id for update;
  if exists (select from zoho_sync.erased_people e where e.customer_id = p_entity_id) then return 'erased'; end if;
  if v_state is null then return 'no_link'; end if;
  perform from public.zoho_sync_queue q where q.entity_type = p_entity_type and q.entity_id = p_entity_id
    and q.status = 'in_flight' and q.lease_until > clock_timestamp() for update;
  return case when found then 'busy' else v_state end;
end $$;

-- Forgets a company's Account, which was the wrong one or is gone: it is found again for each of the company's records, and
-- every field of them is sent. Answers how many records are due, null when no company has this Account.
create or replace function public.zoho_forget_account(p_zoho_id text) returns integer
language plpgsql set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  v_keys text[];
  v_count integer;
begin
  -- A record of this minute is the company's, too.
  perform zoho_sync.refresh_search();
  with gone as (delete from public.zoho_accounts a where a.zoho_id = p_zoho_id returning a.account_key)
  select array_agg(g.account_key) into v_keys from gone g;
  if v_keys is null then return null; end if;
  select zoho_sync.enqueue(array_agg(e.entity_type), array_agg(e.entity_id), array_agg(1::smallint),
    array_agg('Account forgotten by an operator'::text), true) into v_count
  from (
    select s.entity_type, s.entity_id from zoho_sync.search_entries s where s.account_key = any (v_keys)
    union
    -- What points to it in Zoho: after a large import the search is minutes behind.
    select m.circletel_type, m.circletel_id from public.zoho_entity_mappings m
    where m.snapshot #>> '{Account_Name,id}' = p_zoho_id and m.state = 'linked') e;
  if v_count > 0 then perform zoho_sync.ring_doorbell(); end if;
  return coalesce(v_count, 0);
end $$;
