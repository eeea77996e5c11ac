-- One token row for all isolates. Zoho gives 10 access tokens in 10 minutes and kills the oldest of 16 (token validity
-- page), so refreshing is single-flight: the isolate that gets the lease refreshes, the others wait and read.
alter table public.zoho_tokens
  add column if not exists version bigint not null default 0,
  add column if not exists api_domain text,
  add column if not exists lease_owner uuid,
  add column if not exists lease_until timestamptz,
  add column if not exists recent_refreshes timestamptz[] not null default '{}',
  -- Keyed digest of the refresh token it was seeded with: a new secret replaces the row's token.
  add column if not exists seed_fingerprint text,
  add column if not exists error_code text,
  add column if not exists error_at timestamptz,
  -- When the isolate started that brought the seed. Isolates of two environments run beside each other for minutes after a
  -- secret changed (150 s on the Free plan, 400 s on paid ones), and the seed of the newest wins.
  add column if not exists seed_started_at timestamptz,
  -- The token of the seed before, for the isolates that know only that one: encrypted under their key.
  add column if not exists previous_fingerprint text,
  add column if not exists previous_access_token text,
  add column if not exists previous_expires_at timestamptz,
  add column if not exists previous_version bigint,
  add column if not exists previous_api_domain text;

-- Sealed (AES-256-GCM, "v1:…") or empty. `not valid`, because production's row is a plain one of the original service
-- until the first refresh replaces both of its tokens.
alter table public.zoho_tokens drop constraint if exists zoho_tokens_sealed;
alter table public.zoho_tokens add constraint zoho_tokens_sealed check (
  (access_token = '' or access_token like 'v1:%') and (refresh_token = '' or refresh_token like 'v1:%')) not valid;

-- Read by active admins as in the original; written only by the functions below: a role that could write a
-- token could point the sync at another Zoho org.
alter table public.zoho_tokens enable row level security;
create policy "active admins read tokens" on public.zoho_tokens
  for select to authenticated using ((select zoho_sync.is_active_admin()));
