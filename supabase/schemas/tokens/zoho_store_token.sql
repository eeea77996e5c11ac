-- Stores a new access token; a pause that a token fault made ends with it. False when the lease was lost. Both tokens are
-- sealed: a plain one is refused (23514).
create or replace function public.zoho_store_token(
  p_owner uuid, p_access_token text, p_refresh_token text, p_expires_in_seconds integer,
  p_scope text default null, p_api_domain text default null) returns boolean
language sql set search_path = '' as $$
  select zoho_sync.store_token(p_owner, p_access_token, p_refresh_token, p_expires_in_seconds, p_scope, p_api_domain);
$$;

create or replace function zoho_sync.store_token(
  p_owner uuid, p_access_token text, p_refresh_token text, p_expires_in_seconds integer, p_scope text, p_api_domain text)
returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  update public.zoho_tokens
  set access_token = p_access_token, refresh_token = p_refresh_token,
    expires_at = clock_timestamp() + make_interval(secs => p_expires_in_seconds),
    scope = coalesce(p_scope, scope), api_domain = coalesce(p_api_domain, api_domain),
    version = version + 1, lease_owner = null, lease_until = null, error_code = null, error_at = null
  where lease_owner = p_owner;
  if not found then return false; end if;
  perform public.zoho_token_is_good();
  return true;
end $$;

-- Ends a pause that a token fault made: a token was just read or stored.
create or replace function public.zoho_token_is_good() returns void
language plpgsql set search_path = '' as $$
begin
  if exists (
    select from public.zoho_sync_state s where s.pause_code like 'TOKEN\_%' or s.pause_code = 'SECRET_UNREADABLE') then
    perform zoho_sync.end_pause();
  end if;
end $$;
