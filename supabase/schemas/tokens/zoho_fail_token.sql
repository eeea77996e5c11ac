-- Gives the lease back; the code is for the doctor and the page.
create or replace function public.zoho_fail_token(p_owner uuid, p_code text) returns void
language sql set search_path = '' as $$
  select zoho_sync.fail_token(p_owner, p_code);
$$;

create or replace function zoho_sync.fail_token(p_owner uuid, p_code text) returns void
language sql security definer set search_path = '' as $$
  update public.zoho_tokens
  set lease_owner = null, lease_until = null, error_code = p_code, error_at = clock_timestamp()
  where lease_owner = p_owner;
$$;
