-- The three sync tables and their helpers, in the shape the original service created them. Where this version
-- has already run it is skipped, so everything beyond that shape is in later files.

create table if not exists public.zoho_tokens (
  id uuid primary key default gen_random_uuid(),
  access_token text not null,
  refresh_token text not null,
  expires_at timestamptz not null,
  token_type text default 'Bearer',
  scope text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index if not exists zoho_tokens_single_row on public.zoho_tokens ((true));
alter table public.zoho_tokens enable row level security;

create table if not exists public.zoho_sync_logs (
  id uuid primary key default gen_random_uuid(),
  entity_type text not null check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid not null,
  zoho_entity_type text check (zoho_entity_type in ('Estimates', 'Deals', 'Invoices', 'Contacts')),
  zoho_entity_id text,
  status text not null check (status in ('pending', 'success', 'failed', 'retrying')),
  attempt_number integer check (attempt_number between 1 and 3),
  error_message text,
  request_payload jsonb,
  response_payload jsonb,
  created_at timestamptz not null default now()
);
alter table public.zoho_sync_logs enable row level security;

create table if not exists public.zoho_entity_mappings (
  id uuid primary key default gen_random_uuid(),
  circletel_type text not null check (circletel_type in ('quote', 'contract', 'invoice', 'customer')),
  circletel_id uuid not null,
  zoho_type text not null check (zoho_type in ('Estimates', 'Deals', 'Invoices', 'Contacts')),
  zoho_id text not null,
  last_synced_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  unique (circletel_type, circletel_id),
  unique (zoho_type, zoho_id)
);
alter table public.zoho_entity_mappings enable row level security;

create or replace function public.zoho_tokens_touch() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end $$;

create or replace function public.zoho_entity_mappings_touch() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.last_synced_at := now();
  return new;
end $$;

drop trigger if exists zoho_tokens_touch on public.zoho_tokens;
create trigger zoho_tokens_touch before update on public.zoho_tokens
  for each row execute function public.zoho_tokens_touch();

drop trigger if exists zoho_entity_mappings_touch on public.zoho_entity_mappings;
create trigger zoho_entity_mappings_touch before update on public.zoho_entity_mappings
  for each row execute function public.zoho_entity_mappings_touch();

-- Dropped first: a copy that is already there may call its parameters otherwise, and Postgres does not rename them.
drop function if exists public.get_zoho_id(text, uuid);
drop function if exists public.get_circletel_id(text, text);
drop function if exists public.is_entity_synced(text, uuid);

-- The body's column names are qualified: the parameters share words with them.
create or replace function public.get_zoho_id(p_circletel_type text, p_circletel_id uuid) returns text
language sql stable set search_path = '' as $$
  select m.zoho_id from public.zoho_entity_mappings m
  where m.circletel_type = p_circletel_type and m.circletel_id = p_circletel_id;
$$;

create or replace function public.get_circletel_id(p_zoho_type text, p_zoho_id text) returns uuid
language sql stable set search_path = '' as $$
  select m.circletel_id from public.zoho_entity_mappings m
  where m.zoho_type = p_zoho_type and m.zoho_id = p_zoho_id;
$$;

create or replace function public.is_entity_synced(p_circletel_type text, p_circletel_id uuid) returns boolean
language sql stable set search_path = '' as $$
  select exists (
    select from public.zoho_entity_mappings m
    where m.circletel_type = p_circletel_type and m.circletel_id = p_circletel_id);
$$;

revoke all on function public.zoho_tokens_touch(), public.zoho_entity_mappings_touch(),
  public.get_zoho_id(text, uuid), public.get_circletel_id(text, text), public.is_entity_synced(text, uuid)
  from public, anon, authenticated;
