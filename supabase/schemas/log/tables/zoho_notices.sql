-- What a person should know and no retry will fix: an orphaned record, one that was merged in Zoho, a trigger that could not
-- compare rows. docs/operate.md lists the kinds.
create table if not exists public.zoho_notices (
  id bigint generated always as identity primary key,
  kind text not null,
  -- Null: the notice is about a table or the whole, not about one entity.
  entity_type text check (entity_type in ('quote', 'contract', 'invoice', 'customer')),
  entity_id uuid,
  zoho_type text,
  zoho_id text,
  message text not null,
  created_at timestamptz not null default now(),
  acknowledged_at timestamptz,
  check ((entity_type is null) = (entity_id is null))
);
create index if not exists zoho_notices_open_idx on public.zoho_notices (created_at desc) where acknowledged_at is null;
-- Pages of open ones.
create index if not exists zoho_notices_open_id_idx on public.zoho_notices (id desc) where acknowledged_at is null;
-- What was said of one entity.
create index if not exists zoho_notices_entity_idx on public.zoho_notices (entity_id, created_at desc);
alter table public.zoho_notices enable row level security;
drop policy if exists "active admins read notices" on public.zoho_notices;
create policy "active admins read notices" on public.zoho_notices
  for select to authenticated using ((select zoho_sync.is_active_admin()));
