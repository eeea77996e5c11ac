-- In the ordinary lane, with a look, and the bell rings: who repairs is waiting.
create or replace function zoho_sync.reconcile_enqueue(p_entity_type text, p_ids uuid[], p_cause text) returns integer
language plpgsql set search_path = '' as $$
declare
  v_count integer := coalesce(public.zoho_enqueue(p_entity_type, p_ids, 1::smallint, p_cause, false, true), 0);
begin
  if v_count > 0 then perform zoho_sync.ring_doorbell(); end if;
  return v_count;
end $$;
