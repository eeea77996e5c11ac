-- One token row for all isolates. Zoho gives 10 access tokens in 10 minutes and kills the oldest of 16 (token
-- validity page), so refreshing is single-flight: whoever gets the lease refreshes, the others wait and read.
-- Both tokens are AES-256-GCM ciphertext ("v1:..."); a plain value is one of the original service and is
-- encrypted when the next refresh stores it.
alter table public.zoho_tokens
  add column if not exists version bigint not null default 0,
  add column if not exists api_domain text,
  add column if not exists lease_owner uuid,
  add column if not exists lease_until timestamptz,
  add column if not exists recent_refreshes timestamptz[] not null default '{}',
  -- Keyed digest of the refresh token it was seeded with: a new secret replaces the row's token.
  add column if not exists seed_fingerprint text,
  add column if not exists error_code text,
  add column if not exists error_at timestamptz;

-- Answers { state, token, retry_in_seconds } where state is
--   fresh      the token is good for p_margin_seconds and is not the version p_refused
--   leased     refresh it, then call zoho_store_token or zoho_fail_token
--   wait       somebody else is refreshing: ask again
--   throttled  8 refreshes in 10 minutes: the 11th would be refused and ten others with it
--   unseeded   no row, or one seeded with another refresh token: pass p_seed
create or replace function public.zoho_lease_token(
  p_owner uuid, p_fingerprint text, p_seed text default null, p_refused bigint default null,
  p_margin_seconds integer default 300, p_lease_seconds integer default 45) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_row public.zoho_tokens;
  v_now timestamptz;
  v_recent timestamptz[];
begin
  if p_seed is not null then
    insert into public.zoho_tokens (access_token, refresh_token, expires_at, seed_fingerprint)
    values ('', p_seed, '-infinity', p_fingerprint) on conflict do nothing;
  end if;
  select * into v_row from public.zoho_tokens for update;
  v_now := clock_timestamp();
  if v_row.id is null or v_row.seed_fingerprint is distinct from p_fingerprint then
    if p_seed is null then
      return jsonb_build_object('state', 'unseeded');
    end if;
    update public.zoho_tokens
    set refresh_token = p_seed, seed_fingerprint = p_fingerprint, expires_at = '-infinity',
      lease_owner = null, lease_until = null, error_code = null
    where id = v_row.id
    returning * into v_row;
  end if;

  if v_row.expires_at > v_now + make_interval(secs => p_margin_seconds)
    and v_row.version is distinct from p_refused then
    return jsonb_build_object('state', 'fresh', 'token', jsonb_build_object(
      'access_token', v_row.access_token, 'expires_at', v_row.expires_at,
      'version', v_row.version, 'api_domain', v_row.api_domain));
  end if;
  if v_row.lease_owner <> p_owner and v_row.lease_until > v_now then
    return jsonb_build_object('state', 'wait');
  end if;

  v_recent := array(select t from unnest(v_row.recent_refreshes) t
    where t > v_now - interval '10 minutes' order by t);
  if cardinality(v_recent) >= 8 then
    return jsonb_build_object('state', 'throttled', 'retry_in_seconds',
      ceil(extract(epoch from v_recent[1] + interval '10 minutes' - v_now)));
  end if;
  update public.zoho_tokens
  set lease_owner = p_owner, lease_until = v_now + make_interval(secs => p_lease_seconds),
    recent_refreshes = v_recent || v_now
  where id = v_row.id;
  return jsonb_build_object('state', 'leased', 'token', jsonb_build_object(
    'refresh_token', v_row.refresh_token, 'version', v_row.version));
end $$;

-- Stores a new access token; a pause that a token fault made ends with it. False when the lease was lost.
create or replace function public.zoho_store_token(
  p_owner uuid, p_access_token text, p_refresh_token text, p_expires_in_seconds integer,
  p_scope text default null, p_api_domain text default null) returns boolean
language plpgsql set search_path = '' as $$
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
language sql set search_path = '' as $$
  update public.zoho_sync_state
  set paused_until = null, pause_code = null, pause_message = null, pause_count = 0
  where pause_code like 'TOKEN\_%' or pause_code = 'SECRET_UNREADABLE';
$$;

create or replace function public.zoho_fail_token(p_owner uuid, p_code text) returns void
language sql set search_path = '' as $$
  update public.zoho_tokens
  set lease_owner = null, lease_until = null, error_code = p_code, error_at = clock_timestamp()
  where lease_owner = p_owner;
$$;

revoke all on function
  public.zoho_lease_token(uuid, text, text, bigint, integer, integer),
  public.zoho_store_token(uuid, text, text, integer, text, text), public.zoho_fail_token(uuid, text), public.zoho_token_is_good()
  from public, anon, authenticated;
grant execute on function
  public.zoho_lease_token(uuid, text, text, bigint, integer, integer),
  public.zoho_store_token(uuid, text, text, integer, text, text), public.zoho_fail_token(uuid, text), public.zoho_token_is_good()
  to service_role;
