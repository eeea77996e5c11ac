-- Answers { state, token, retry_in_seconds } where state is
--   fresh      the token is good for p_margin_seconds and is not the version p_refused
--   leased     refresh it, then call zoho_store_token or zoho_fail_token
--   wait       another isolate is refreshing: ask again
--   superseded an isolate with newer secrets has to refresh: ask again, but not for long
--   throttled  8 refreshes in 10 minutes: the 11th would be refused and ten others with it
--   unseeded   no row, or one seeded with other secrets by an isolate that is not newer: pass p_seed
-- A plain row of the original service has no fingerprint, so the first seed replaces both of its tokens.
create or replace function public.zoho_lease_token(
  p_owner uuid, p_fingerprint text, p_seed text default null, p_refused bigint default null,
  p_margin_seconds integer default 300, p_lease_seconds integer default 45,
  p_started_at timestamptz default null) returns jsonb
language sql set search_path = '' as $$
  select zoho_sync.lease_token(
    p_owner, p_fingerprint, p_seed, p_refused, p_margin_seconds, p_lease_seconds, p_started_at);
$$;

-- Definer: no role of the Data API may write tokens.
create or replace function zoho_sync.lease_token(
  p_owner uuid, p_fingerprint text, p_seed text, p_refused bigint, p_margin_seconds integer, p_lease_seconds integer,
  p_started_at timestamptz) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_row public.zoho_tokens;
  v_now timestamptz;
  v_recent timestamptz[];
begin
  if p_seed is not null then
    insert into public.zoho_tokens (access_token, refresh_token, expires_at, seed_fingerprint, seed_started_at)
    values ('', p_seed, '-infinity', p_fingerprint, p_started_at) on conflict do nothing;
  end if;
  select * into v_row from public.zoho_tokens for update;
  v_now := clock_timestamp();
  if v_row.id is null or v_row.seed_fingerprint is distinct from p_fingerprint then
    if p_started_at < v_row.seed_started_at then
      return zoho_sync.previous_token(v_row, p_fingerprint, p_refused);
    end if;
    if p_seed is null then
      return jsonb_build_object('state', 'unseeded');
    end if;
    v_row := zoho_sync.reseed_token(v_row, p_fingerprint, p_seed, p_started_at);
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

-- For an isolate with older secrets. It ends within minutes: its token may be used to the last half minute.
create or replace function zoho_sync.previous_token(p_row public.zoho_tokens, p_fingerprint text, p_refused bigint)
returns jsonb
language sql set search_path = '' as $$
  select case
    when p_row.previous_fingerprint = p_fingerprint
      and p_row.previous_expires_at > clock_timestamp() + interval '30 seconds'
      and p_row.previous_version is distinct from p_refused
    then jsonb_build_object('state', 'fresh', 'token', jsonb_build_object(
      'access_token', p_row.previous_access_token, 'expires_at', p_row.previous_expires_at,
      'version', p_row.previous_version, 'api_domain', p_row.previous_api_domain))
    else jsonb_build_object('state', 'superseded') end;
$$;

-- The row with another seed. A seed that never came to a token (a mistyped secret) does not displace one that did; a plain
-- token of the original service is not kept.
create or replace function zoho_sync.reseed_token(
  p_row public.zoho_tokens, p_fingerprint text, p_seed text, p_started_at timestamptz) returns public.zoho_tokens
language plpgsql set search_path = '' as $$
declare
  v_has_token constant boolean := p_row.expires_at > clock_timestamp() and p_row.seed_fingerprint is not null;
  v_row public.zoho_tokens;
begin
  update public.zoho_tokens
  set refresh_token = p_seed, access_token = '', seed_fingerprint = p_fingerprint, seed_started_at = p_started_at,
    previous_fingerprint = case when v_has_token then seed_fingerprint else previous_fingerprint end,
    previous_access_token = case when v_has_token then access_token else previous_access_token end,
    previous_expires_at = case when v_has_token then expires_at else previous_expires_at end,
    previous_version = case when v_has_token then version else previous_version end,
    previous_api_domain = case when v_has_token then api_domain else previous_api_domain end,
    expires_at = '-infinity', lease_owner = null, lease_until = null, error_code = null
  where id = p_row.id
  returning * into v_row;
  return v_row;
end $$;
