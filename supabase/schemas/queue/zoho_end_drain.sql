-- Ends a drain early (a fault, a spent budget), so that the next one need not wait for the lease.
create or replace function public.zoho_end_drain(p_worker uuid) returns void
language sql set search_path = '' as $$
  update public.zoho_sync_state set drain_owner = null, drain_until = null where drain_owner = p_worker;
$$;
